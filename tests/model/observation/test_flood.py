"""A flood's record: canonical, closed, and readable again."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from vigiles.model import canonical
from vigiles.model.attribution import NOBODY
from vigiles.model.observation.flood import Flood, FloodKind, Thing
from vigiles.model.stamp import Stamp
from vigiles.model.union import EVENT_TYPES, decode

AT = Stamp(wall_us=1, mono_us=1, boot="b")
FLOOD = Flood(
    id="o", at=AT, sensor="notifier", attribution=NOBODY, kind="connect", what="tcp refused egress_address", count=3,
    first=AT, last=AT, things=[Thing(name="h\u00e9:80", count=3)], distinct=1, samples=[["a", "\u202e"]], digests=["00ff"],
)  # fmt: skip


def test_it_reads_as_it_was_written() -> None:
    assert decode(canonical.encode(FLOOD)) == FLOOD


def test_its_kinds_are_types_of_records() -> None:
    assert set(get_args(FloodKind)) <= EVENT_TYPES.keys()


def test_nothing_else_fits_in() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(canonical.encode(FLOOD).replace(b'"kind":"connect"', b'"kind":"act"'))
