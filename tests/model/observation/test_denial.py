"""A denial as a record: whatever bytes a path holds, it is canonical and comes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vigiles.model import canonical
from vigiles.model.attribution import Attribution
from vigiles.model.observation.denial import Denied
from vigiles.model.plain import text
from vigiles.model.stamp import Stamp
from vigiles.model.union import decode


@given(st.binary(max_size=40), st.integers(0, 2**64 - 1), st.none() | st.integers(1, 2**22))
def test_it_comes_back(path: bytes, domain: int, pid: int | None) -> None:
    record = Denied(
        id="r1",
        at=Stamp(wall_us=1, mono_us=1, boot="b"),
        sensor="landlock",
        attribution=Attribution(grade="exact", call=1, methods=["landlock"]),
        domain=f"{domain:x}",
        blockers=["fs.read_file"],
        path=text(path),
        pid=pid,
        event="1.000:18446744073709551615",
    )
    data = canonical.encode(record)
    assert decode(data) == record
    assert b'"type":"denied"' in data
