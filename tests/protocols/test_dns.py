from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.protocols.dns import (
    AAAA,
    NOERROR,
    NXDOMAIN,
    A,
    build_format_error,
    build_response,
    entropy_mbits,
    label_entropy_mbits,
    parse_query,
)
from vigiles.protocols.malformed import Malformed


def query(
    labels: list[bytes], qtype: int = A, *, qclass: int = 1, flags: int = 0x0100, extra: bytes = b"",
    counts: tuple[int, ...] = (1, 0, 0, 0),
) -> bytes:  # fmt: skip
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", 4242, flags, *counts) + name + struct.pack("!HH", qtype, qclass) + extra


OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def test_a_query() -> None:
    found = parse_query(query([b"Pypi", b"example"], AAAA, extra=OPT, counts=(1, 0, 0, 1)))
    assert (found.id, found.name, found.qtype_name, found.plain) == (4242, "Pypi.example", "AAAA", True)
    assert (found.edns, found.udp_size, found.recursion) == (True, 1232, True)
    assert parse_query(query([], 2)).name == ""
    assert parse_query(query([b"a"], 9999)).qtype_name == "TYPE9999"


def test_odd_bytes_in_a_name_are_shown_and_told() -> None:
    found = parse_query(query([b"a.b\0\\\xff", b"c"]))
    assert found.name == "a\\046b\\000\\092\\255.c"
    assert not found.plain


GOOD = query([b"a", b"example"])
BAD = {
    "nothing": b"",
    "half a header": GOOD[:11],
    "an answer": query([b"a"], flags=0x8180),
    "a status query": query([b"a"], flags=0x1000),
    "no question": struct.pack("!6H", 1, 0, 0, 0, 0, 0),
    "two questions": query([b"a"], counts=(2, 0, 0, 0)),
    "records in a query": query([b"a"], counts=(1, 1, 0, 0)),
    "class CHAOS": query([b"a"], qclass=3),
    "a pointer to itself": GOOD[:12] + b"\xc0\x0c" + b"\0\1\0\1",
    "a pointer forward": GOOD[:12] + b"\x01a\xc0\xff" + b"\0\1\0\1",
    "a label of 64": query([b"a" * 64]),
    "a name of 256": query([b"a" * 63] * 4),
    "a name without end": GOOD[:14],
    "no type": GOOD[:-4],
    "a tail": GOOD + b"x",
    "an additional record that is not OPT": query(
        [b"a"], extra=b"\0" + struct.pack("!HHIH", 1, 1, 0, 0), counts=(1, 0, 0, 1)
    ),
    "OPT that is cut off": query([b"a"], extra=OPT[:-1], counts=(1, 0, 0, 1)),
    "OPT with a name": query([b"a"], extra=b"\1x" + OPT, counts=(1, 0, 0, 1)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        parse_query(BAD[name])


def test_answers_to_the_byte() -> None:
    four = parse_query(query([b"a"]))
    answer = build_response(four, NOERROR, ["192.0.2.1", "2001:db8::1", "192.0.2.2"])
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4"
    assert answer == (
        struct.pack("!6H", 4242, 0x8180, 1, 2, 0, 0) + b"\1a\0\0\1\0\1" + record + b"\xc0\0\2\1" + record + b"\xc0\0\2\2"
    )
    six = parse_query(query([b"a"], AAAA))
    assert struct.unpack_from("!H", build_response(six, NOERROR, ["2001:db8::1"]), 6) == (1,)
    assert build_response(six, NOERROR, ["2001:db8::1"])[-16:].hex() == "20010db8" + "00" * 11 + "01"
    assert build_response(four, NXDOMAIN)[3] & 15 == 3


def test_an_answer_that_does_not_fit_is_cut() -> None:
    asked = parse_query(query([b"a"]))
    many = [f"192.0.2.{n}" for n in range(60)]
    answer = build_response(asked, NOERROR, many, limit=512)
    assert len(answer) <= 512
    assert answer[2] & 2
    assert struct.unpack_from("!H", answer, 6) == (0,)


def test_format_errors() -> None:
    assert build_format_error(BAD["two questions"]) == struct.pack("!6H", 4242, 0x8001, 0, 0, 0, 0)
    assert build_format_error(BAD["an answer"]) is None
    assert build_format_error(b"abc") is None


def test_entropy() -> None:
    assert entropy_mbits("") == entropy_mbits("aaaa") == 0
    assert entropy_mbits("ab") == 1000
    assert entropy_mbits("abcd") == 2000
    assert label_entropy_mbits("www.example.org") == 0
    encoded = label_entropy_mbits("mzxw6ytboi4dkmrsgq3tqnzvgezdgnbv.example.org")
    assert encoded > 3900 > label_entropy_mbits("packages-and-more-mirror.org") > 3000


@settings(max_examples=300)
@given(data=st.binary(max_size=120), header=st.booleans())
def test_any_bytes(data: bytes, header: bool) -> None:
    raw = GOOD[:12] + data if header else data
    try:
        found = parse_query(raw)
    except Malformed:
        build_format_error(raw)
    else:
        assert parse_query(build_response(found, 0)[:2] + raw[2:]) == found


@settings(max_examples=100)
@given(labels=st.lists(st.binary(min_size=1, max_size=20), max_size=5), qtype=st.integers(0, 65535))
def test_what_is_built_is_read(labels: list[bytes], qtype: int) -> None:
    found = parse_query(query(labels, qtype))
    assert found.name.count(".") == max(0, len(labels) - 1)
    assert found.qtype == qtype
