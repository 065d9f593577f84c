"""Where a call stands: minted by us, numbered without gaps, the harness's label beside it; and who may not begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.errors import InputInvalid, Refused
from vigiles.model.observation.base import Observation
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.process import ProcessStart
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell


def test_calls_count_through_the_episode_and_turns_beside_them(inside: Any) -> None:
    async def body(episode: Episode) -> list[tuple[int | None, int | None, str | None]]:
        await episode.call(["true"], label="first")
        await episode.act("message", "mail", {"to": "x"}, label="\x1b[31mred")
        assert episode.next_turn() == 2
        await episode.call(["true"])
        await episode.act("approval", "judge", {})
        assert episode.next_turn() == 3
        await episode.call(["false"], label="last")
        places = [record.coordinates for record in episode.records() if isinstance(record, Act)]
        return [(place.turn, place.call, place.label) for place in places if place is not None]

    assert inside(body) == [
        (1, 1, "first"),
        (1, 2, "\x1b[31mred"),
        (2, 3, None),
        (2, 4, None),
        (3, 5, "last"),
    ]


def test_every_record_carries_the_episodes_coordinates(inside: Any, shared_home: Path) -> None:
    async def body(episode: Episode) -> Episode:
        await episode.call(["sh", "-c", "echo x > made"], label="\ud800odd")
        return episode

    episode = inside(body, run="run-given", task="task-1", attempt=3, model_version="m-1")
    place = episode.coordinates
    assert (place.run, place.task, place.attempt, place.model_version) == ("run-given", "task-1", 3, "m-1")
    assert place.episode.startswith("ep-")
    with LedgerReader(shared_home) as reader:
        records = [record for _, record in reader.records(episode=place.episode)]
    for record in records:
        assert record.coordinates is not None
        assert (record.coordinates.run, record.coordinates.task) == ("run-given", "task-1")
        assert (record.coordinates.attempt, record.coordinates.model_version) == (3, "m-1")
    act = next(record for record in records if isinstance(record, Act))
    seen = [record for record in records if isinstance(record, ProcessStart | FileChange)]
    assert {type(record) for record in seen} == {ProcessStart, FileChange}
    assert {record.coordinates for record in seen} == {act.coordinates}, "what was seen stands where the call stands"
    assert act.coordinates is not None
    assert act.coordinates.label == "\\ud800odd"


def test_no_record_speaks_of_a_call_that_nobody_asked_for(inside: Any) -> None:
    async def body(episode: Episode) -> Episode:
        await episode.call(["true"])
        await episode.settle(0.6)
        return episode

    records = inside(body).records()
    assert {record.coordinates.call for record in records if record.coordinates is not None} == {None, 1}
    assert {record.attribution.call for record in records if isinstance(record, Observation)} <= {None, 1}


def test_a_model_version_on_hold_is_refused_until_the_hold_is_lifted(inside: Any, shared_home: Path) -> None:
    async def hold(episode: Episode) -> str:
        episode.hold_model()
        assert (await episode.call(["true"])).allowed, "the hold is for episodes to come"
        return episode.coordinates.episode

    async def nothing(episode: Episode) -> None:
        return None

    inside(hold, model_version="m-held")
    with LedgerReader(shared_home) as reader:
        before = sum(1 for _ in reader.records())
    with pytest.raises(Refused) as refusal:
        inside(nothing, model_version="m-held")
    assert refusal.value.code == "rule_forbids"
    with LedgerReader(shared_home) as reader:
        assert sum(1 for _ in reader.records()) == before, "an episode that was never opened does not end"
    inside(nothing, model_version="m-other")
    inside(nothing)
    path = Path(refusal.value.remedy.rpartition("rm ")[2])
    assert path.read_text() == "m-held\n"
    path.unlink()
    inside(nothing, model_version="m-held")


def test_a_hold_needs_a_model_version(inside: Any, home: Path) -> None:
    async def hold(episode: Episode) -> None:
        with pytest.raises(InputInvalid, match="names no model version"):
            episode.hold_model()

    inside(hold, home=home)
    assert not (home / "held").exists()
