"""Strikes on a living cell: each one passes the gate, is recorded with what it found, and can be undone where it may."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.response import Response
from vigiles.model.verdict import Verdict
from vigiles.runtime.episode import Episode

pytestmark = pytest.mark.cell

BEAT = "i=0; while :; do i=$((i+1)); echo $i > /tmp/beat; sleep 0.02; done"


def responses(episode: Episode) -> list[Response]:
    return [record for record in episode.records() if isinstance(record, Response)]


async def strike(episode: Episode, incident_of: Callable[[Coordinates], Any], *kinds: Any) -> list[Response]:
    incident = incident_of(episode.coordinates)
    episode.strikes.plan(incident, list(kinds))
    await episode.strikes.idle()
    return [record for record in responses(episode) if record.incident == incident.incident]


def test_a_freeze_holds_everything_and_takes_a_snapshot_and_a_thaw_lets_go(
    inside: Any,
    incident_of: Callable[[Coordinates], Any],
    eventually: Any,
    processes_with: Callable[[str], list[int]],
) -> None:
    async def body(episode: Episode) -> None:
        daemon = await episode.call(["sh", "-c", f"setsid sh -c '{BEAT}' >/dev/null 2>&1 & echo started"])
        waiting = asyncio.ensure_future(episode.call(["sh", "-c", "sleep 1.75; echo over"]))
        await eventually(lambda: len(processes_with("1.75")) == 2)
        (frozen,) = await strike(episode, incident_of, "freeze")
        assert (frozen.kind, frozen.outcome, frozen.error) == ("freeze", "done", None)
        assert frozen.took_us < 1_000_000
        by_call: dict[int | None, list[str]] = {}
        for process in frozen.processes:
            by_call.setdefault(process.call, []).append(process.exe.rsplit("/", 1)[-1])
        assert set(by_call) == {daemon.call, 2}
        assert "sleep" in by_call[2]
        assert {process.state for process in frozen.processes} <= {"T", "t", "D"}, "all of them stand"
        assert [process.ppid for process in frozen.processes if process.exe.endswith("sleep")]

        refused = await episode.call(["true"])
        assert (refused.verdict.decision, refused.verdict.reason) == ("deny", "episode_frozen")
        assert "frozen" in refused.agent_text
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 2)

        (thawed,) = await strike(episode, incident_of, "thaw")
        assert thawed.outcome == "done"
        assert (await asyncio.wait_for(waiting, 20)).stdout == b"over\n"
        first = (await episode.call(["cat", "/tmp/beat"])).stdout
        async with asyncio.timeout(20):  # until the daemon works again
            while (await episode.call(["cat", "/tmp/beat"])).stdout == first:
                await asyncio.sleep(0.1)

    inside(body)


def test_a_strike_is_an_act_that_passes_the_gate(inside: Any, incident_of: Callable[[Coordinates], Any]) -> None:
    async def body(episode: Episode) -> None:
        (frozen,) = await strike(episode, incident_of, "freeze")
        (act,) = [record for record in episode.records() if isinstance(record, Act)]
        (verdict,) = [record for record in episode.records() if isinstance(record, Verdict)]
        assert (act.id, act.kind, act.principal, act.tool) == (frozen.act, "response", "vigiles", "freeze")
        assert (verdict.act, verdict.decision, verdict.rules) == (act.id, "allow", ["guard-responds"])

    inside(body)


def test_a_strike_that_the_rules_forbid_is_recorded_as_refused(
    inside: Any, incident_of: Callable[[Coordinates], Any], make_profile: Callable[..., Path]
) -> None:
    async def body(episode: Episode) -> None:
        (frozen,) = await strike(episode, incident_of, "freeze")
        assert (frozen.outcome, frozen.processes) == ("refused", [])
        assert (await episode.call(["true"])).exit_code == 0

    inside(body, profile=make_profile(rules='@id("calm") forbid (principal, action, resource == Tool::"freeze");'))


def test_a_cut_lets_nothing_leave_and_work_go_on(inside: Any, incident_of: Callable[[Coordinates], Any]) -> None:
    async def body(episode: Episode) -> None:
        before = await episode.call(["curl", "-sS", "-m", "3", "http://127.0.0.1:3128/"])
        (cut,) = await strike(episode, incident_of, "cut_egress")
        assert cut.outcome == "done"
        after = await episode.call(["curl", "-sS", "-m", "3", "http://127.0.0.1:3128/"])
        assert (before.exit_code, after.exit_code) != (7, 0)
        assert after.exit_code == 7, "the door cannot even be connected to"
        assert (await episode.call(["sh", "-c", "echo still"])).stdout == b"still\n"

    inside(body)


def test_strikes_come_in_the_order_in_which_they_were_planned(
    inside: Any, incident_of: Callable[[Coordinates], Any]
) -> None:
    async def body(episode: Episode) -> None:
        started = time.monotonic()
        done = await strike(episode, incident_of, "cut_egress", "freeze", "end_episode", "notify")
        assert time.monotonic() - started < 1
        assert [response.kind for response in done] == ["cut_egress", "freeze", "end_episode", "notify"]
        assert {response.outcome for response in done} == {"done"}

    inside(body)


def test_what_cannot_be_done_is_recorded_as_failed(inside: Any, incident_of: Callable[[Coordinates], Any]) -> None:
    async def body(episode: Episode) -> None:
        (failed,) = await strike(episode, incident_of, "end_call")
        assert (failed.outcome, bool(failed.error)) == ("failed", True)

    inside(body)
