import asyncio

import pytest

from vigiles.evaluation.conversation import Turn
from vigiles.evaluation.meter import Meter, charge, metered
from vigiles.evaluation.purse import CapReached, PaidAgent, PaidJudge, Purse, paying


async def _call(micro: int, model: str = "some/model", fails: bool = False) -> None:
    async with paying(model):
        await asyncio.sleep(0)
        if fails:
            raise OSError("the line is dead")
        charge(micro)


async def _episode(purse: Purse, costs: list[int], model: str = "some/model") -> Meter:
    with metered(purse) as meter:
        for micro in costs:
            try:
                await _call(micro, model)
            except CapReached:
                pass
    return meter


def test_many_at_once_spend_no_more_than_the_cap() -> None:
    async def play() -> tuple[Purse, list[Meter]]:
        purse = Purse(1000)
        return purse, await asyncio.gather(*(_episode(purse, [90] * 5) for _ in range(32)))

    purse, meters = asyncio.run(play())
    assert purse.spent_micro == sum(meter.micro for meter in meters) == 990
    assert sum(meter.cut for meter in meters) >= 30


def test_only_what_calls_under_way_cost_more_than_any_before_is_spent_beyond() -> None:
    async def play() -> int:
        purse = Purse(1000)
        await asyncio.gather(*(_episode(purse, [50, 100]) for _ in range(8)))
        return purse.spent_micro

    assert asyncio.run(play()) <= 1000 + 8 * 50


def test_a_call_waits_for_those_under_way_which_may_turn_out_cheaper() -> None:
    async def play() -> list[Meter]:
        purse = Purse(250)
        await _episode(purse, [100])
        return await asyncio.gather(_episode(purse, [10]), _episode(purse, [10]))

    assert [meter.cut for meter in asyncio.run(play())] == [False, False]


def test_once_refused_an_episode_asks_nothing_more() -> None:
    async def play() -> tuple[Meter, int]:
        purse = Purse(100)
        await _episode(purse, [60], "dear/model")
        with metered(purse) as meter:
            with pytest.raises(CapReached):
                await _call(60, "dear/model")
            with pytest.raises(CapReached):
                await _call(1, "cheap/model")
        return meter, purse.spent_micro

    meter, spent = asyncio.run(play())
    assert (meter.cut, meter.micro, spent) == (True, 0, 60)


def test_the_first_call_of_a_model_goes_alone_and_one_that_failed_tells_nothing() -> None:
    under_way: list[int] = []

    async def one(fails: bool) -> None:
        async with paying("some/model"):
            under_way.append(1)
            assert len(under_way) == 1
            await asyncio.sleep(0)
            under_way.pop()
            if fails:
                raise OSError("the line is dead")
            charge(100)

    async def play() -> int:
        purse = Purse(100)
        with metered(purse):
            found = await asyncio.gather(*(one(number == 0) for number in range(5)), return_exceptions=True)
        assert [type(each).__name__ for each in found] == ["OSError", "NoneType", *["CapReached"] * 3]
        return purse.spent_micro

    assert asyncio.run(play()) == 100


def test_agents_and_judges_are_asked_while_there_is_money() -> None:
    class One:
        model = "some/judge"

        async def turn(self, conversation: object, tools: object) -> Turn:
            charge(60)
            return Turn(text="done")

        async def ask(self, question: str) -> str:
            charge(60)
            return "SCORE: 0"

    async def play() -> int:
        purse = Purse(100, spent_micro=10)
        with metered(purse):
            assert (await PaidAgent(One(), "some/model").turn((), ())).text == "done"
            assert await PaidJudge(One()).ask("?") == "SCORE: 0"
            with pytest.raises(CapReached):
                await PaidJudge(One()).ask("?")
        return purse.spent_micro

    assert asyncio.run(play()) == 130  # the first of each is unknown


def test_without_a_cap_nobody_waits() -> None:
    async def play() -> None:
        async with paying("some/model"):
            pass
        with metered() as meter:
            await _call(10)
        assert (meter.micro, meter.cut) == (10, False)

    asyncio.run(play())
