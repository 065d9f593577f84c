"""Look-ups use a share of the time and no more."""

from __future__ import annotations

from vigiles.cell.notifying.pace import Pace


class Hands:
    """Two clocks that are set by hand: time that passes, and time that is worked."""

    def __init__(self) -> None:
        self.now = self.used = 0.0
        self.pace = Pace(clock=lambda: self.now, used=lambda: self.used)

    def work(self, seconds: float) -> None:
        with self.pace.working():
            self.used += seconds
            self.now += seconds


def test_cheap_look_ups_are_never_refused() -> None:
    hands = Hands()
    for _ in range(1000):
        assert hands.pace.may()
        hands.work(0.004)
        hands.now += 0.005


def test_dear_ones_get_their_share_of_a_second() -> None:
    hands, done = Hands(), 0
    while hands.now < 20:
        if hands.pace.may():
            hands.work(0.1)
            done += 1
        else:
            hands.now += 0.01
    assert 90 <= done <= 105  # half of 20 seconds, a tenth each, and what may be used at one go


def test_a_fault_meanwhile_is_counted_too() -> None:
    hands = Hands()
    try:
        with hands.pace.working():
            hands.used += 10
            raise OSError
    except OSError:
        pass
    assert not hands.pace.may()
