from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from vigiles.detectors.channels.baseline import SHAPE_EPISODES, Baseline, Learner
from vigiles.detectors.channels.channels import Channels
from vigiles.detectors.channels.sighting import sightings
from vigiles.detectors.expected import Expected

NOTE = "6f1ed002ab5595859014ebf0951522d{}"


def learnt(world: Any, count: int, episodes: int | None = None) -> Baseline:
    learner = Learner()
    for number in range(count):
        learner.episode(("run-1", f"h{number}"))
        for seen in sightings(world.get(f"h{number}", f"/nar/{NOTE.format(number)}", status=404), Expected()):
            learner.add(seen)
    for number in range(count, episodes or count):
        learner.episode(("run-1", f"h{number}"))
    return learner.baseline()


def pair(world: Any, path: str) -> list[Any]:
    return [world.get(e, path, status=404) for e in "ab"] + [world.end("b")]


def test_a_word_that_honest_episodes_had_is_no_note(world: Any, play: Callable[..., list[Any]]) -> None:
    baseline = learnt(world, 1)
    assert not play(Channels(baseline), *pair(world, f"/other/{NOTE.format(0)}"))
    assert play(Channels(baseline), *pair(world, f"/nar/{NOTE.format(9)}"))


def test_a_shape_that_honest_episodes_commonly_have_is_no_note(world: Any, play: Callable[..., list[Any]]) -> None:
    common = learnt(world, SHAPE_EPISODES)
    assert not play(Channels(common), *pair(world, f"/nar/{NOTE.format(9)}"))
    assert play(Channels(common), *pair(world, f"/simple/{NOTE.format(9)}"))
    rare = learnt(world, SHAPE_EPISODES, episodes=100)
    assert play(Channels(rare), *pair(world, f"/nar/{NOTE.format(9)}"))


def test_it_can_be_stored(world: Any) -> None:
    baseline = learnt(world, 3)
    assert baseline.episodes == 3
    assert msgspec.json.decode(msgspec.json.encode(baseline), type=Baseline) == baseline
