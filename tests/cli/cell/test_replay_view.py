"""The table of a replay."""

from __future__ import annotations

import pytest

from vigiles.cli.cell.replay_view import show
from vigiles.runtime.trajectory.compare import compare
from vigiles.runtime.trajectory.report import Report, Row


def test_every_row_says_what_became_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = Row("line 1", "bash", "c1", "ls\x1b[2J", "performed", 1, 1, "allow", "allowed", [], 0, feedback="nothing")
    done.output, done.findings = compare("a", b"b", b"", truncated=False), ["scanning.host_sweep"]
    refused = Row("line 2", "bash", None, "rm", "refused", 2, 1, "deny", "rule_forbids", feedback="mask")
    left = Row("line 3", "bash", None, "id", "left")
    show(Report("p", rows=[done, refused, left], strangers=1, incidents=["inc-1"], ended="stopped"))
    said = capsys.readouterr().out
    for part in (
        "ls\\x1b[2J; findings: scanning.host_sweep; output differs",
        "deny (rule_forbids)",
        "3 calls: 1 performed, 1 refused, 1 left; outputs beside the transcript's: 1 differs",
        "1 output of no call",
        "incident show inc-1",
    ):
        assert part in said
    show(Report("p"))
    assert "no tool calls" in capsys.readouterr().out
