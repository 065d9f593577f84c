"""A replayed trajectory is calls of one episode, by our numbers, with the transcript's words as labels only."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.model.act import Act
from vigiles.model.claim import Claim
from vigiles.runtime.episode import Episode
from vigiles.runtime.trajectory.plan import Mappings
from vigiles.runtime.trajectory.replay import Replay, bounded, label_of
from vigiles.runtime.trajectory.report import Report
from vigiles.runtime.trajectory.source import Source

pytestmark = pytest.mark.cell


def _bash(command: str, label: str, **more: Any) -> dict[str, Any]:
    return {"tool": "bash", "id": label, "arguments": {"command": command}, **more}


@pytest.fixture
def replay(inside: Callable[..., Any]) -> Callable[..., tuple[Report, list[Any]]]:
    """Replay entries in an episode; return the report and what was recorded."""

    def run(*entries: Any, **options: Any) -> tuple[Report, list[Any]]:
        async def body(episode: Episode) -> tuple[Report, list[Any]]:
            replay = Replay(episode, Mappings())
            await replay.run(Source(io.BytesIO("\n".join(map(json.dumps, entries)).encode())))
            await replay.conclude()
            return replay.report, episode.records()

        return inside(body, **options)  # type: ignore[no-any-return]  # what body returns

    return run


def test_calls_labels_and_outputs(replay: Callable[..., tuple[Report, list[Any]]], workdir: Path) -> None:
    report, records = replay(
        _bash("cd / && echo hello", "ep-mine", output="hello\n"),
        _bash("pwd; echo now", "c2", output="/\nthen\n"),
        {"tool": "execute_command", "arguments": {"command": "pwd; exit 3"}},
        {"tool": "web", "id": "c4", "arguments": {"q": "x" * 300_000}},
        _bash("a\0b", "c5"),
        _bash("kill -9 $$", "c6"),
    )
    rows = report.rows
    assert [row.deed for row in rows] == ["performed", "performed", "performed", "recorded", "recorded", "performed"]
    assert [row.call for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.exit_code for row in rows] == [0, 0, 3, None, None, None]
    assert rows[5].signal == 9
    assert [row.output and row.output.likeness for row in rows[:2]] == ["same", "differs"]
    acts = [record for record in records if isinstance(record, Act)]
    assert [act.coordinates and act.coordinates.label for act in acts] == [
        "bash:ep-mine", "bash:c2", "execute_command", "web:c4", "bash:c5", "bash:c6",
    ]  # fmt: skip
    assert {act.coordinates.episode for act in acts if act.coordinates} == {
        report.coordinates and report.coordinates.episode
    }
    assert set(acts[3].arguments) == {"arguments_bytes", "arguments_sha256"}
    # A difference is on record and is no finding: an honest command may put out something else each time.
    assert [claim.kind for claim in records if isinstance(claim, Claim)] == ["earlier_output", "earlier_output"]
    assert not any(row.findings for row in rows)
    assert report.stopped is None


def test_refusals_and_what_stands_after_an_end(
    replay: Callable[..., tuple[Report, list[Any]]], make_profile: Callable[..., Path]
) -> None:
    report, _ = replay(*(_bash("true", str(number)) for number in range(3)), profile=make_profile("[budgets]\ncalls = 2\n"))
    assert [row.deed for row in report.rows] == ["performed", "performed", "refused"]
    assert (report.rows[2].reason, report.rows[2].feedback) == ("budget_calls", "mask")


def test_what_is_left_when_the_episode_ends(inside: Callable[..., Any]) -> None:
    async def body(episode: Episode) -> Report:
        replay = Replay(episode, Mappings())
        await episode.end("stopped")
        await replay.run(Source(io.BytesIO(json.dumps(_bash("true", "c")).encode())))
        await replay.conclude()
        return replay.report

    report = inside(body)
    assert (report.rows[0].deed, report.ended) == ("left", "stopped")


def test_long_words_are_cut_and_large_arguments_are_digests() -> None:
    from vigiles.protocols.transcript.said import ToolUse

    assert len(label_of(ToolUse("t" * 500, {}, "x"))) == 200
    assert bounded({"a": 1}) == {"a": 1}
