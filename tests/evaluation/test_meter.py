import asyncio

from hypothesis import given
from hypothesis import strategies as st

from vigiles.evaluation.meter import PER, Price, charge, metered

COUNTS = st.integers(0, 10**9)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_price_is_never_rounded_down(read: int, written: int, per_read: int, per_written: int) -> None:
    exact = read * per_read + written * per_written
    assert 0 <= Price(input=per_read, output=per_written).of(read, written) * PER - exact < PER


def test_three_dollars_a_million() -> None:
    assert Price(input=3_000_000, output=15_000_000).of(1000, 100) == 4500


def test_episodes_at_once_are_charged_each_for_its_own() -> None:
    async def asked(micro: int) -> None:
        await asyncio.sleep(0)
        charge(micro)

    async def episode(micro: int) -> int:
        with metered() as meter:
            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(asked(micro))
            await asked(1)
        return meter.micro

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(episode(micro) for micro in (10, 20, 30)))

    assert asyncio.run(all_of_them()) == [31, 61, 91]


def test_outside_an_episode_nobody_is_charged() -> None:
    charge(5)
    with metered() as meter:
        charge(2)
    charge(3)
    assert meter.micro == 2
