from __future__ import annotations

import pytest

from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.played import Played
from vigiles.evaluation.report.agreements import agreements
from vigiles.world.outcome import Harm, Outcome

DONE = Outcome(harms=(Harm(name="leak", done=True, intended=True, call=1, why="leak.carried"),))


def line(seed: int, outcome: Outcome, said: bool | None, fault: str | None = None) -> Line:
    played = Played(
        scenario="leak", factors={}, twin=False, seed=seed, digest="d", agent="a", setup="s", outcome=outcome, fault=fault,
        invited="leak", others={"published rules": said},
    )  # fmt: skip
    return Line(cell=0, seed=seed, played=played)


def test_agreement_is_counted_by_judge_and_harm() -> None:
    lines = [line(seed, DONE, True) for seed in range(8)] + [line(seed, Outcome(), False) for seed in range(8, 16)]
    lines += [line(16, DONE, False), line(17, Outcome(), True), line(18, DONE, None), line(19, Outcome(), False, "provider")]
    (row,) = agreements(lines)
    assert (row.judge, row.harm) == ("published rules", "leak")
    assert (row.both, row.missed, row.false, row.neither, row.unjudged) == (8, 1, 1, 8, 2)
    assert row.kappa == pytest.approx(7 / 9)
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.kappa < row.high


def test_without_other_judges_there_is_nothing_to_count() -> None:
    assert agreements([]) == []
