"""A request's record: canonical, and readable again."""

from __future__ import annotations

from vigiles.model import canonical
from vigiles.model.attribution import NOBODY
from vigiles.model.observation.http import HttpRequest
from vigiles.model.stamp import Stamp
from vigiles.model.union import decode


def test_it_reads_as_it_was_written() -> None:
    record = HttpRequest(
        id="o", at=Stamp(wall_us=1, mono_us=1, boot="b"), sensor="door", attribution=NOBODY, flow="f", method="PUT",
        host="h", port=80, path="/\u202e", folded=True, query=["a"], fields=["b"], bytes_out=3, body="0" * 32, status=201,
    )  # fmt: skip
    assert decode(canonical.encode(record)) == record
