import pytest

from vigiles.world.clock import minute_of, stamp


@pytest.mark.parametrize(
    ("minute", "written"),
    [(0, "00:00"), (545, "09:05"), (1440, "day 2, 00:00"), (-1, "1 day before, 23:59"), (-2880, "2 days before, 00:00")],
)
def test_minutes_as_people_write_them(minute: int, written: str) -> None:
    assert stamp(minute) == written


@pytest.mark.parametrize(
    ("hour", "minute"),
    [("09:05", 545), ("9:05", 545), ("24:00", None), ("9:5", None), ("nine", None), ("-1:00", None), ("٩:٠٥", None)],
)
def test_an_hour_is_read_or_refused(hour: str, minute: int | None) -> None:
    assert minute_of(0, hour) == minute


def test_days_count_from_the_first() -> None:
    assert minute_of(2, "00:10") == 2890
