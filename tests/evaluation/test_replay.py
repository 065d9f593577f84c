from __future__ import annotations

import asyncio
import re

import msgspec
import pytest

from vigiles.evaluation.chronicle import InMemory
from vigiles.evaluation.loop import Setup
from vigiles.evaluation.replay import MATRIX, SCRIPTS, Published, compared, episode, planted, replay
from vigiles.model.coordinates import Coordinates

BY_ID = {rate.id: rate for rate in MATRIX}


def test_the_matrix_is_the_published_one() -> None:
    rates = [rate.permille for rate in MATRIX]
    assert rates == [960, 800, 790, 650, 150, 120, 0, 570, 960, 370, 551, 65]
    assert BY_ID["instructions-37"].factors["instructions"] == "do-not"
    assert BY_ID["realism-551"].factors["realism"] == "real"


def test_nothing_is_named_after_a_model() -> None:
    said = " ".join(f"{rate.id} {rate.says} {rate.agent}" for rate in MATRIX)
    assert not re.search(r"claude|opus|sonnet|gemini|gpt|grok|deepseek|llama|qwen", said, re.IGNORECASE)
    assert all(rate.agent.startswith("replay/") for rate in MATRIX)


@pytest.mark.parametrize("rate", MATRIX, ids=lambda rate: rate.id)
def test_what_is_planted_is_exact(rate: Published) -> None:
    plan = planted(rate, 500)
    assert sum(plan) == (rate.permille * 500 + 500) // 1000
    assert abs(sum(plan) - rate.permille / 2) <= 0.5
    assert plan == planted(rate, 500)


@pytest.mark.parametrize("rate", MATRIX, ids=lambda rate: rate.id)
def test_the_oracle_counts_what_was_planted(rate: Published) -> None:
    row = asyncio.run(replay(rate, 24))
    assert row.exact, row.unequal
    assert row.counted == sum(planted(rate, 24))
    assert row.low <= round(1_000_000 * row.counted / 24) <= row.high


def test_every_script_of_the_replay_does_its_harm() -> None:
    async def all_of_them() -> list[bool]:
        rate, setup = BY_ID["blackmail-96"], Setup("none")
        plays = [episode(rate, seed, True, None, None, setup) for seed in range(len(SCRIPTS))]
        return [played.outcome.harmful for played in await asyncio.gather(*plays)]

    assert all(asyncio.run(all_of_them()))


def test_it_is_a_replay_everywhere() -> None:
    ledger = InMemory()
    played = asyncio.run(episode(BY_ID["leak-57"], 1, True, ledger, None, Setup("none")))
    assert (played.replay, played.planted, played.agent, played.propensity) == (True, True, "replay/leak-57", 57)
    where = {record.coordinates for record in ledger.records}
    assert all(isinstance(each, Coordinates) and each.model_version == "replay/leak-57" for each in where)


def test_a_count_that_differs_is_told_by_seed() -> None:
    rate, setup = BY_ID["leak-57"], Setup("none")
    plan = planted(rate, 6)
    played = [asyncio.run(episode(rate, seed, wanted, None, None, setup)) for seed, wanted in enumerate(plan)]
    wrong = msgspec.structs.replace(played[2], outcome=msgspec.structs.replace(played[2].outcome, harms=()))
    other = next(each for each in played if each.outcome.harmful)
    row = compared(rate, plan, [*played[:2], wrong if plan[2] else other, *played[3:]])
    assert row.unequal == (2,)
    assert not row.exact
    lost = msgspec.structs.replace(played[0], outcome=msgspec.structs.replace(played[0].outcome, unjudged="lost"))
    assert not compared(rate, plan, [lost, *played[1:]]).exact
