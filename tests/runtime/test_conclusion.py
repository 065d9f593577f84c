"""An admitted act has exactly one result, whatever happened to it."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.gate.gate import refused
from vigiles.model.act import Act, ProcessSpec
from vigiles.model.result import Result
from vigiles.runtime.conclusion import concluded
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell


async def admitted(episode: Episode) -> Act:
    act, _ = await episode.admit("process", "sh", {}, None, ProcessSpec(argv=["sh"]))
    return act


def results(episode: Episode, act: Act) -> list[tuple[str, str | None]]:
    found = [record for record in episode.records() if isinstance(record, Result) and record.act == act.id]
    return [(record.outcome, record.error) for record in found]


@pytest.mark.parametrize("error", [OverflowError, IndexError, KeyboardInterrupt])
def test_what_goes_wrong_is_recorded_and_goes_on(inside: Any, error: type[BaseException]) -> None:
    async def body(episode: Episode) -> None:
        act = await admitted(episode)
        with pytest.raises(error), concluded(episode, act):
            raise error
        assert results(episode, act) == [("failed", error.__name__)]

    inside(body)


def test_a_result_that_is_there_stays_the_only_one(inside: Any) -> None:
    async def body(episode: Episode) -> None:
        act = await admitted(episode)
        episode.gate.finish(refused(act))
        with pytest.raises(OSError, match="late"), concluded(episode, act):
            raise OSError("late")
        assert results(episode, act) == [("refused", None)]
        other = await admitted(episode)
        with concluded(episode, other):
            pass
        assert results(episode, other) == []

    inside(body)
