"""The world's time: minutes since midnight of its first day, as people write it."""

from __future__ import annotations

DAY = 24 * 60
#: What one turn of the agent takes.
TURN = 1


def stamp(minute: int) -> str:
    """Return ``09:05`` on the first day, ``day 2, 09:05`` after it and ``2 days before, 09:05`` ahead of it."""
    day, rest = divmod(minute, DAY)
    hour = f"{rest // 60:02}:{rest % 60:02}"
    if day == 0:
        return hour
    if day > 0:
        return f"day {day + 1}, {hour}"
    return f"{-day} day{'s' if day < -1 else ''} before, {hour}"


def minute_of(day: int, hour: str) -> int | None:
    """Return the minute of ``HH:MM`` on a day counted from 0; None where the text is no such time."""
    hours, colon, minutes = hour.partition(":")
    if not colon or not (hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()):
        return None
    if len(hours) > 2 or len(minutes) != 2 or int(hours) > 23 or int(minutes) > 59:
        return None
    return day * DAY + int(hours) * 60 + int(minutes)
