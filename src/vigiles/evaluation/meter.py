"""What an episode costs: each answer of a model, whoever asked it, is charged to the episode that was being played.

The agent, its repeated turns, a judge of suspicious acts and a grader are asked in different places, and many episodes at
once share them. A meter therefore belongs to the task that plays the episode, and to the tasks which that one begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

#: Tokens that a price is for.
PER = 1_000_000


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """Of a million tokens in and out, in millionths of a currency."""

    input: int
    output: int

    def of(self, read: int, written: int) -> int:
        """Return what so many tokens cost, in millionths, rounded up: a meter must not run slow."""
        return -(-(read * self.input + written * self.output) // PER)


class Meter:
    """What one episode has cost so far, in millionths."""

    def __init__(self) -> None:
        self.micro = 0


_OPEN: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """Charge to a new meter what is asked inside."""
    meter = Meter()
    token = _OPEN.set(meter)
    try:
        yield meter
    finally:
        _OPEN.reset(token)


def charge(micro: int) -> None:
    """Charge the episode that is being played here; without one nobody is charged."""
    meter = _OPEN.get()
    if meter is not None:
        meter.micro += micro
