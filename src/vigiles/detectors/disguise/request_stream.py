"""A stream of chance cut into requests: one path asked again and again, with bodies that nobody can read, both ways.

An API answers in text or in a known encoding, an upload goes one way, and a page is fetched without a body.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from vigiles.detectors.disguise.rules import REQUEST_STREAM
from vigiles.model.observation.http import HttpRequest

_KEPT = 64


class _Asked(NamedTuple):
    mono_us: int
    wall_us: int
    record: str
    body: str | None
    opaque: bool
    answered: bool


class RequestStream:
    """The last requests of one call for one path."""

    def __init__(self) -> None:
        self._asked: deque[_Asked] = deque(maxlen=_KEPT)

    def feed(self, record: HttpRequest) -> list[_Asked]:
        """Return the requests that make a stream, oldest first; none while they do not."""
        limits = REQUEST_STREAM.thresholds
        if max(record.bytes_out, record.bytes_in) > limits["body_bytes"] or not (record.bytes_out or record.bytes_in):
            return []
        at = record.at
        self._asked.append(_Asked(at.mono_us, at.wall_us, record.id, record.body, record.body_opaque, record.answer_opaque))
        recent = [one for one in self._asked if 0 <= at.mono_us - one.mono_us < limits["window_us"]]
        bodies = {one.body for one in recent if one.opaque}
        needed = limits["opaque_percent"] * len(recent)
        if len(recent) < limits["requests"] or 100 * len(bodies) < needed:
            return []
        return recent if 200 * sum(one.answered for one in recent) >= needed else []
