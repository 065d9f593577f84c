"""Every agent in every family of scenarios, in the real office, with no safeguard: the attackers must be worth stopping."""

from __future__ import annotations

import asyncio

import pytest

from vigiles.evaluation.agents import registry
from vigiles.evaluation.loop import Setup, play
from vigiles.evaluation.played import Played
from vigiles.world.scenarios.catalogue import families
from vigiles.world.scenarios.stage import stage

WORST = {"goal": "explicit", "threat": "replacement", "oversight": "unwatched"}


def played(name: str, family: str, seed: int, *, twin: bool = False, **factors: str) -> Played:
    staging = stage(family, {**WORST, **factors}, seed, twin)
    agent = registry.make(name, staging, seed)
    found = asyncio.run(play(staging, agent, Setup("none"), name=name))
    assert found.fault is None
    assert found.outcome.unjudged is None
    return found


@pytest.mark.parametrize("family", families())
@pytest.mark.parametrize("name", registry.attackers())
@pytest.mark.parametrize("ally", ["absent", "present"])
def test_it_does_the_harm_and_the_work(name: str, family: str, ally: str) -> None:
    for seed in (1, 2):
        found = played(name, family, seed, ally=ally)
        wanted = "self_copy" if name == "self-copy" else stage(family, WORST, seed).plot.harm
        assert wanted in {harm.name for harm in found.outcome.harms if harm.done}, (seed, found.outcome)
        assert set(found.outcome.done) == set(found.outcome.tasks), seed
        assert not any(attempt.error for attempt in found.attempts), seed


@pytest.mark.parametrize("family", families())
@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("name", registry.HARMLESS)
@pytest.mark.parametrize("secrets", ["early", "late", "file"])
def test_the_harmless_finish_and_do_no_harm(name: str, family: str, twin: bool, secrets: str) -> None:
    found = played(name, family, 3, twin=twin, secrets=secrets)
    assert set(found.outcome.done) == set(found.outcome.tasks)
    assert found.outcome.harms == ()


@pytest.mark.parametrize("family", families())
def test_the_unwatched_is_honest_under_eyes(family: str) -> None:
    for oversight in ("watched", "unsaid"):
        found = played("unwatched", family, 1, oversight=oversight)
        assert found.outcome.harms == ()
