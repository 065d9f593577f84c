"""Many observations of one kind, in one record."""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.observation.base import Observation
from vigiles.model.stamp import Stamp

FloodKind = Literal[
    "process_start", "process_exit", "connect", "bind", "dns_query", "flow", "http_request", "file_change", "denied", "gap"
]


class Thing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One program, destination, name or folder of a flood, and how many of the observations were about it."""

    name: str
    count: int


class Flood(Observation, frozen=True, kw_only=True, tag="flood"):
    """``count`` observations of one ``kind`` that came too fast to be recorded one by one, from ``first`` to ``last``.

    All have the sensor, call and attribution of this record (but triggers are not kept, and of contradictions only the
    first) and agree in ``what``: outcome and reason of a connect, phase and protocol of a flow, and so on. ``things`` are
    the most frequent programs, ``host:port``, names or folders (at most 16). ``distinct`` counts the different contents, at
    least (it stops at 1,024); ``samples`` are the first 8 of them as words, cut; ``digests`` are the first 32: 16 hex digits
    of the SHA-256 of their words, each followed by a NUL byte. The sums are over all: bytes of flows that ended or were
    refused, CPU time of exits, and what gaps say was not seen.
    """

    kind: FloodKind
    what: str
    count: int
    first: Stamp
    last: Stamp
    things: list[Thing] = []
    distinct: int = 0
    samples: list[list[str]] = []
    digests: list[str] = []
    bytes_out: int = 0
    bytes_in: int = 0
    cpu_us: int = 0
    missed: int = 0
