"""What must not be left in the middle: it ends, is undone, and then its caller is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from vigiles.runtime.to_the_end import to_the_end


def test_undisturbed_it_is_an_await() -> None:
    async def work(fails: bool) -> int:
        await asyncio.sleep(0)
        if fails:
            raise ValueError("no")
        return 5

    async def undo(_: int) -> None:
        raise AssertionError("there was nothing to undo")

    async def main() -> None:
        assert await to_the_end(work(False), undo) == 5
        with pytest.raises(ValueError, match="no"):
            await to_the_end(work(True), undo)

    asyncio.run(main())


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("times", [1, 3])
def test_cancelled_it_ends_and_is_undone_first(fails: bool, times: int) -> None:
    done: list[str] = []

    async def work() -> str:
        for step in range(4):
            await asyncio.sleep(0.01)
            done.append(f"step {step}")
        if fails:
            raise ValueError("no")
        return "made"

    async def undo(made: str) -> None:
        await asyncio.sleep(0.01)
        done.append(f"undid {made}")

    async def main() -> None:
        task = asyncio.create_task(to_the_end(work(), undo))
        for _ in range(times):
            await asyncio.sleep(0.005)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        done.append("raised")

    asyncio.run(main())
    ends = ["raised"] if fails else ["undid made", "raised"]
    assert done == ["step 0", "step 1", "step 2", "step 3", *ends]
