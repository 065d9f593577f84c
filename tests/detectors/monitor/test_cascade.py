from __future__ import annotations

import msgspec
import pytest

from vigiles.detectors.monitor.cascade import ALARM, ASK, JUDGED, Step, step
from vigiles.detectors.monitor.weights import Level, shipped

_WEIGHTS = msgspec.structs.replace(
    shipped(), levels=(Level(part="both", false_alarms=ASK, above=100), Level(part="both", false_alarms=ALARM, above=200))
)


@pytest.mark.parametrize(
    ("score", "judged", "expected"),
    [
        (100, None, "pass"),
        (101, None, "ask"),
        (200, None, "ask"),
        (201, None, "alarm"),
        (150, JUDGED, "alarm"),
        (150, JUDGED - 1, "pass"),
        (201, 0, "alarm"),
        (50, JUDGED, "pass"),
    ],
)
def test_a_judge_decides_only_what_lies_between(score: int, judged: int | None, expected: Step) -> None:
    assert step(score, "both", _WEIGHTS, judged) == expected


def test_without_a_threshold_nothing_alarms() -> None:
    assert step(999_999, "action", msgspec.structs.replace(_WEIGHTS, levels=())) == "pass"
