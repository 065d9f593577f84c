"""What reached a work directory, on record."""

from __future__ import annotations

import msgspec
import pytest

from vigiles.ledger.columns import columns_of
from vigiles.model import canonical
from vigiles.model.applied import FilesApplied
from vigiles.model.coordinates import Coordinates
from vigiles.model.stamp import Stamp
from vigiles.model.union import EVENT_TYPES, decode

RECORD = FilesApplied(
    id="r",
    at=Stamp(wall_us=5, mono_us=1, boot="b"),
    coordinates=Coordinates(run="run-1", episode="ep-1"),
    by="vigiles",
    reason="episode_end",
    applied=2,
    paths=["a", "b/c"],
    sha256="00" * 32,
    held=1,
    held_reasons={"flagged": 1},
)


def test_it_reads_as_it_was_written() -> None:
    assert decode(canonical.encode(RECORD)) == RECORD
    assert EVENT_TYPES["files_applied"] is FilesApplied


def test_it_is_the_episodes_and_no_calls() -> None:
    assert columns_of(RECORD) == ("files_applied", "r", "run-1", "ep-1", None, None, 5)


def test_only_known_reasons() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(canonical.encode(RECORD).replace(b'"episode_end"', b'"whim"'))
