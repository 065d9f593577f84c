"""Numbers and times as a person reads them. Times are UTC and say so."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(wall_us: int | None, nothing: str = "not yet") -> str:
    """Return a wall time in microseconds as ``2026-03-01 12:00:00.000 UTC``; ``nothing`` for None or an impossible time."""
    if wall_us is None:
        return nothing
    try:
        when = datetime.fromtimestamp(wall_us // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return f"at {wall_us} us"
    return f"{when:%Y-%m-%d %H:%M:%S}.{wall_us // 1000 % 1000:03d} UTC"


def span(us: int) -> str:
    """Return a duration in microseconds with a unit that fits: ``12 ms``, ``3.20 s``, ``5 min 02 s``, ``2 h 05 min``."""
    if us < 0:
        return f"-{span(-us)}"
    if us < 1_000:
        return f"{us} us"
    if us < 1_000_000:
        return f"{us // 1000} ms"
    if us < 60_000_000:
        return f"{us / 1_000_000:.2f} s"
    minutes, seconds = divmod(us // 1_000_000, 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: int) -> str:
    """Return a number of bytes with a binary unit: ``512 B``, ``1.5 KiB``, ``3.0 MiB``."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def count(number: int, one: str, many: str = "") -> str:
    """Return ``1 call``, ``2 calls``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
