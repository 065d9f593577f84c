from __future__ import annotations

from typing import get_args

import msgspec

from vigiles.ledger.mint import new_id, now
from vigiles.model.canonical import encode
from vigiles.model.preflight import Exposure, ExposureKind, Preflight
from vigiles.model.union import decode
from vigiles.ruleset.profile import Preflight as Settings


def test_it_comes_back_as_it_was() -> None:
    one = Exposure(kind="secret_file", action="warn", where=".env", what="assigned secret", line=2, digest="aa")
    record = Preflight(id=new_id("pre"), at=now(), exposures=[one], files=3, bytes=5, complete=False)
    assert decode(encode(record)) == record


def test_every_kind_has_a_setting() -> None:
    assert set(get_args(ExposureKind)) == {field.name for field in msgspec.structs.fields(Settings)}
