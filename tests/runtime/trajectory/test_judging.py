"""The judge alone says what the gate would, and leaves no trace."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.model.act import Act
from vigiles.ruleset.load import load_profile
from vigiles.runtime.episode import Episode
from vigiles.runtime.trajectory.judging import judge
from vigiles.runtime.trajectory.plan import Mappings
from vigiles.runtime.trajectory.replay import Replay
from vigiles.runtime.trajectory.report import Report, Row
from vigiles.runtime.trajectory.source import Source

RULES = """
@id("no-web")
@decision("deny")
@reason("rule_forbids")
forbid(principal, action == Action::"tool_call", resource == Tool::"web");
@id("no-rm")
@decision("deny")
@reason("rule_forbids")
forbid(principal, action == Action::"process", resource == Tool::"shell")
when { context.arguments.hasTag("command") && context.arguments.getTag("command") like "*rm -rf*" };
@id("rest")
permit(principal, action, resource);
"""
ENTRIES: list[dict[str, Any]] = [
    {"tool": "bash", "id": "a", "arguments": {"command": "true"}},
    {"tool": "bash", "id": "b", "arguments": {"command": "rm -rf /"}},
    {"tool": "web", "id": "c", "arguments": {"q": "x"}},
    {"tool": "shell", "id": "d", "arguments": {"command": ["true", "x"]}},
    {"tool": "shell", "id": "e", "arguments": {"command": "true"}},
]
DATA = "\n".join(map(json.dumps, ENTRIES)).encode()


def _judged(profile: Path) -> Report:
    return asyncio.run(judge(Source(io.BytesIO(DATA)), load_profile(profile), Mappings()))


def _said(row: Row) -> tuple[object, ...]:
    return row.call, row.turn, row.decision, row.reason, row.rules, row.feedback


def test_verdicts_feedback_and_budgets(make_profile: Callable[..., Path]) -> None:
    report = _judged(make_profile("[budgets]\ncalls = 2\n", rules=RULES))
    assert [row.reason for row in report.rows] == ["allowed", "rule_forbids", "rule_forbids", "allowed", "budget_calls"]
    assert {row.deed for row in report.rows} == {"judged"}
    assert report.rows[1].rules == ["no-rm"]
    assert report.coordinates is None


@pytest.mark.cell
def test_it_is_what_a_replay_hears(make_profile: Callable[..., Path], inside: Callable[..., Any]) -> None:
    profile = make_profile("[budgets]\ncalls = 2\n", rules=RULES)

    async def body(episode: Episode) -> tuple[Report, list[Act]]:
        replay = Replay(episode, Mappings())
        await replay.run(Source(io.BytesIO(DATA)))
        await replay.conclude()
        return replay.report, [record for record in episode.records() if isinstance(record, Act)]

    performed, _ = inside(body, profile=profile)
    assert [_said(row) for row in performed.rows] == [_said(row) for row in _judged(profile).rows]
