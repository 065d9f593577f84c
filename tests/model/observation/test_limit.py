"""A limit that was met, on record."""

from __future__ import annotations

import msgspec
import pytest

from vigiles.model import canonical
from vigiles.model.attribution import NOBODY
from vigiles.model.observation.limit import LimitMet
from vigiles.model.stamp import Stamp
from vigiles.model.union import decode

MET = LimitMet(
    id="o", at=Stamp(wall_us=1, mono_us=1, boot="b"), sensor="scanner", attribution=NOBODY, limit="disk_inodes", most=9
)


def test_it_reads_as_it_was_written() -> None:
    assert decode(canonical.encode(MET)) == MET


def test_only_known_limits() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(canonical.encode(MET).replace(b"disk_inodes", b"patience"))
