"""A listener's fault is told to the loop's handler, and goes nowhere else."""

from __future__ import annotations

import asyncio
from typing import Any

from vigiles.runtime.listening import tell


def test_a_listener_hears_and_its_fault_stops_at_the_loops_handler() -> None:
    heard: list[tuple[Any, ...]] = []
    faults: list[Any] = []

    def listener(*args: Any) -> None:
        heard.append(args)
        raise BrokenPipeError("nobody reads")

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
        tell(listener, 1, "two")
        tell(None, 3)

    asyncio.run(main())
    assert heard == [(1, "two")]
    assert [type(fault) for fault in faults] == [BrokenPipeError]
