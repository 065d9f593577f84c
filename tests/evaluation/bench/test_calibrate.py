from __future__ import annotations

from pathlib import Path

from vigiles.detectors.monitor.weights import shipped
from vigiles.evaluation.bench.calibrate import LEVELS, calibrate
from vigiles.evaluation.bench.gather import gather
from vigiles.evaluation.bench.rows import rows_of, run_score


def test_thresholds_are_above_the_benign_runs_they_come_from(plain_file: Path) -> None:
    benign = [row for row in rows_of(gather(plain_file).runs) if not row.harmful]
    weights = calibrate(shipped(), benign, "small runs")
    assert (weights.calibrated_on, weights.runs) == ("small runs", 24)
    assert {level.false_alarms for level in weights.levels} == set(LEVELS)
    above = weights.above("reasoning", 50_000)
    assert sum(run_score(row, weights, "reasoning") > above for row in benign) <= 0.05 * len(benign)
    assert weights.above("reasoning", 10_000) == 1_000_000  # 24 runs promise no such thing
