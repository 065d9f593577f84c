"""Time subjects in turn, round after round."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from statistics import median

import msgspec

Timed = Callable[[], Awaitable[float]]


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Median, least and greatest of some measurements, and how many there were."""

    median: float
    min: float
    max: float
    count: int


def spread(values: list[float]) -> Spread:
    """Return the spread of at least one value."""
    return Spread(median=median(values), min=min(values), max=max(values), count=len(values))


async def interleave(subjects: Mapping[str, Timed], rounds: int, *, warm_up: int = 1) -> dict[str, list[float]]:
    """Time every subject once per round, in order (A B A B); the ``warm_up`` rounds before are not kept."""
    kept: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(-warm_up, rounds):
        for name, timed in subjects.items():
            value = await timed()
            if number >= 0:
                kept[name].append(value)
    return kept
