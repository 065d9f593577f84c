from __future__ import annotations

import pytest

from vigiles.detectors.disguise.mining import Signs, judge, on_timer
from vigiles.detectors.disguise.rules import MINING


@pytest.mark.parametrize(
    ("times", "timer"),
    [
        ([0, 10, 20.1, 30.2], True),
        ([0, 10, 20, 40, 60, 70], True),
        ([0, 30.1, 60.2, 120.4], True),
        ([0, 4, 19, 31], False),
        ([0, 12, 31], False),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8.4, 9.4], True),
        ([0, 1.2, 1.9, 6, 6.5, 9, 12, 12.4, 15], False),
    ],
)
def test_timers(times: list[float], timer: bool) -> None:
    assert on_timer([int(at * 1e6) for at in times], []) is timer


def test_a_timer_of_silences() -> None:
    times = [0, 25_000_000, 62_000_000]
    assert on_timer(times, [20_000_000, 20_100_000])
    assert not on_timer(times, [20_000_000, 4_000_000])


def test_points_add_up_and_are_bounded() -> None:
    least = Signs(seconds=60, cpu_us=1, reports=2, pushes=1)
    assert least.points == 0
    most = Signs(
        seconds=60, cpu_us=1, reports=99, pushes=99, met_work=99, unasked=99, dropped=99, backlog=99, alike=True,
        constant=True, steady=True, silent=True, long=True, outlived=True,
    )  # fmt: skip
    assert most.points == 12
    assert MINING.thresholds["points"] < MINING.thresholds["points_of_high"] < most.points


def test_nothing_to_judge() -> None:
    from vigiles.detectors.disguise.load import Load
    from vigiles.detectors.disguise.talk import Talk

    assert judge([Talk()], Load()) is None
