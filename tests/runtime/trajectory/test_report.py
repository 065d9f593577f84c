"""Sums of a report."""

from __future__ import annotations

from vigiles.runtime.trajectory.compare import compare
from vigiles.runtime.trajectory.report import Report, Row


def test_sums() -> None:
    rows = [Row("line 1", "bash", None, "ls", "performed"), Row("line 2", "web", "x", "{}", "recorded")]
    rows[0].output = compare("a", b"a", b"", truncated=False)
    report = Report("p", rows=rows)
    assert (report.count("performed"), report.count("left"), report.likenesses()) == (1, 0, {"same": 1})
