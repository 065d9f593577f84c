"""Strikes that meet a fault: the next one is made all the same, and a violation does not go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import ProcessLost
from vigiles.model.response import Response
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell


def responses(episode: Episode) -> list[Response]:
    return [record for record in episode.records() if isinstance(record, Response)]


async def strike(episode: Episode, incident: Any, *kinds: Any) -> None:
    episode.strikes.plan(incident, list(kinds))
    async with asyncio.timeout(10):
        await episode.strikes.idle()


def test_a_listener_that_fails_stops_no_strike(inside: Any, incident_of: Callable[[Coordinates], Any]) -> None:
    async def body(episode: Episode) -> None:
        faults: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))

        def broken(_: Any) -> None:
            raise BrokenPipeError("nobody reads")

        episode.on_response = episode.on_finding = broken
        await strike(episode, incident_of(episode.coordinates), "notify", "freeze")
        assert [(one.kind, one.outcome) for one in responses(episode)] == [("notify", "done"), ("freeze", "done")]
        assert len(faults) == 2
        assert (await episode.call(["true"])).verdict.reason == "episode_frozen"

    inside(body)


def test_a_strike_with_a_fault_of_ours_ends_the_episode(
    inside: Any, incident_of: Callable[[Coordinates], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(episode: Episode) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)

        async def fault(*_: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(episode.strikes, "_do", fault)
        await strike(episode, incident_of(episode.coordinates), "freeze", "notify")
        assert episode.ended_by == "response"
        assert (await episode.call(["true"])).verdict.decision == "stop"

    inside(body)


def test_a_door_that_does_not_answer_keeps_nothing_from_being_frozen(
    inside: Any, incident_of: Callable[[Coordinates], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(episode: Episode) -> None:
        assert episode.cell is not None

        async def silent() -> Any:
            raise ProcessLost("the door is gone", "open another episode")

        await episode.call(["sh", "-c", "while :; do sleep 0.01; done"], background=True)
        await asyncio.sleep(0.2)
        monkeypatch.setattr(episode.cell, "flows", silent)
        await strike(episode, incident_of(episode.coordinates), "freeze")
        (frozen,) = responses(episode)
        assert frozen.outcome == "failed"
        assert "door" in (frozen.error or "")
        assert frozen.processes
        assert {process.state for process in frozen.processes} <= set("TtD"), "they stand, and the record says so"
        if episode.cell.groups is not None:
            assert episode.cell.groups.frozen()

    inside(body)


def test_an_episode_that_is_ended_is_not_thawed_or_frozen_into_another_state(
    inside: Any, incident_of: Callable[[Coordinates], Any]
) -> None:
    async def body(episode: Episode) -> None:
        episode.shut = "episode_ended"
        await strike(episode, incident_of(episode.coordinates), "freeze", "thaw")
        assert [one.outcome for one in responses(episode)] == ["done", "done"]
        assert episode.shut == "episode_ended"

    inside(body)


def test_no_model_version_is_not_said_to_be_held(inside: Any, incident_of: Callable[[Coordinates], Any]) -> None:
    async def body(episode: Episode) -> None:
        await strike(episode, incident_of(episode.coordinates), "hold_model")
        (held,) = responses(episode)
        assert (held.outcome, "model version" in (held.error or "")) == ("failed", True)

    inside(body)
