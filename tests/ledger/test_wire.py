from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ledger import wire
from vigiles.ledger.leaf import MAX_BODY_BYTES, field_digests
from vigiles.model.errors import InputInvalid
from vigiles.model.union import decode

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
rows = st.builds(
    wire.Row,
    type=st.sampled_from(["act", "flow"]),
    id=names,
    run=st.none() | names,
    episode=st.none() | names,
    call=st.none() | st.integers(-(2**63), 2**63 - 1),
    host=st.none() | names,
    wall_us=st.integers(0, 2**53),
    body=st.binary(min_size=2, max_size=50),
)
messages = st.one_of(
    st.builds(wire.Hello, st.integers(0, 9)),
    st.builds(wire.Append, st.integers(0, 2**60), st.booleans(), st.lists(rows, max_size=3)),
    st.builds(wire.Erase, st.integers(0, 2**60), rows),
)


@given(st.lists(messages, max_size=5), st.integers(1, 64))
def test_messages_survive_any_cut(sent: list[Any], step: int) -> None:
    stream = b"".join(map(wire.frame, sent))
    buffer = bytearray()
    got = []
    for start in range(0, len(stream), step):
        buffer += stream[start : start + step]
        got += [wire.to_recorder.decode(payload) for payload in wire.split(buffer)]
    assert got == sent
    assert not buffer


def test_a_frame_too_long() -> None:
    with pytest.raises(wire.FrameTooLong):
        wire.split(bytearray(b"\xff\xff\xff\xff"))


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Act"},
        {"type": "act\n"},
        {"id": ""},
        {"id": "x" * 256},
        {"call": 2**63},
        {"body": b""},
        {"secret": b"short"},
        {"digests": ["x"]},
        {"wall_us": "1"},
    ],
)
def test_rows_are_checked(change: dict[str, Any]) -> None:
    row = {"type": "act", "id": "a", "run": None, "episode": None, "call": None, "host": None, "wall_us": 1, "body": b"{}"}
    message = wire.Append(1, True, [wire.Row(**(row | change))])
    with pytest.raises(msgspec.ValidationError):
        wire.to_recorder.decode(wire.frame(message)[wire.HEADER_BYTES :])


def test_row_of_a_record(make: Any) -> None:
    record = make.act(3)
    row = wire.row_of(record)
    assert decode(row.body) == record
    assert (row.type, row.id, row.call, row.secret, row.digests) == ("act", record.id, 3, None, None)


def test_row_of_an_incident_brings_its_digests(make: Any) -> None:
    row = wire.row_of(make.incident())
    assert row.secret is not None
    assert row.digests == field_digests(row.body, row.secret)


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": "x" * 256},
        {"arguments": {"a": 1.5}},
        {"tool": "\ud800"},
        {"arguments": {"a": "x" * MAX_BODY_BYTES}},
    ],
)
def test_what_cannot_be_recorded(make: Any, change: dict[str, Any]) -> None:
    with pytest.raises(InputInvalid) as caught:
        wire.row_of(msgspec.structs.replace(make.act(), **change))
    assert caught.value.remedy
