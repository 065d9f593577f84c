from __future__ import annotations

from pathlib import Path

from vigiles.detectors.monitor.weights import shipped
from vigiles.evaluation.bench.figures import figures, of_scored
from vigiles.evaluation.bench.gather import gather
from vigiles.evaluation.bench.rows import rows_of
from vigiles.evaluation.statistics.ranking import Scored


def test_what_is_said_of_a_set(plain_file: Path) -> None:
    rows = rows_of(gather(plain_file).runs)
    told = figures(rows, shipped(), "reasoning")
    assert (told.harmful, told.harmless, told.hard_runs) == (24, 24, 12)
    assert told.auroc is not None
    assert told.low is not None
    assert told.high is not None
    assert told.by_turn is not None
    assert 0.5 < told.low <= told.auroc <= told.high <= 1.0
    assert told.by_turn >= told.auroc


def test_too_little_says_nothing(plain_file: Path) -> None:
    rows = [row for row in rows_of(gather(plain_file).runs) if row.harmful]
    told = of_scored(rows, [Scored(1.0, True) for _ in rows])
    assert (told.auroc, told.low, told.hard, told.at_1, told.by_turn) == (None, None, None, None, None)
