"""What an episode costs: each answer of a model, whoever asked it, is charged to the episode that was being played.

The agent, its repeated turns, a judge of suspicious acts and a grader are asked in different places, and many episodes at
once share them. A meter therefore belongs to the task that plays the episode, and to the tasks which that one begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from vigiles.evaluation.purse import Purse

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
    """What one episode has cost so far, in millionths. ``purse``: what its run may spend, None for no cap.

    ``cut``: a call was not made, for the cap was reached.
    """

    def __init__(self, purse: Purse | None = None) -> None:
        self.micro = 0
        self.purse = purse
        self.cut = False


_OPEN: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(purse: Purse | None = None) -> Iterator[Meter]:
    """Charge to a new meter what is asked inside, and to the run's purse."""
    meter = Meter(purse)
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
        if meter.purse is not None:
            meter.purse.spent_micro += micro


def current() -> Meter | None:
    """Return the meter of the episode that is being played here."""
    return _OPEN.get()
