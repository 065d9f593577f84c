"""Bytes to records."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.kernel.ebpf.events import EXEC_SIZE, SIZE, Event, EventInvalid, decode

_NUMBERS = {1: "fork", 2: "exec", 3: "exit", 4: "socket", 5: "connect", 6: "send"}


def packed(**given: Any) -> bytes:
    """Return the bytes of an event as the C source lays it out, member by member."""
    value = {"kind": 5, "version": 4, "address": b"\x7f\0\0\1", "comm": b"curl", **given}
    head = struct.pack("=IIII", value["kind"], 11, 12, 13) + struct.pack("=QQQQQQ", 21, 22, 23, 24, 25, 26)
    head += value["comm"].ljust(16, b"\0")
    head += struct.pack("=iHHHHI", 256, 2, 1, 6, 443, value["version"]) + value["address"].ljust(16, b"\0")
    return head + value["filename"].ljust(256, b"\0") if "filename" in value else head


def test_sizes_are_those_of_the_source() -> None:
    assert (SIZE, EXEC_SIZE) == (112, 368)
    assert len(packed()) == SIZE


def test_every_member_has_its_place() -> None:
    assert decode(packed()) == Event(
        kind="connect",
        pid=11,
        ppid=12,
        creator=13,
        time_ns=21,
        started_ns=22,
        token=23,
        cgroup=24,
        task_token=25,
        task_cgroup=26,
        comm="curl",
        exit_code=256,
        family=2,
        type=1,
        protocol=6,
        port=443,
        address="127.0.0.1",
    )


@pytest.mark.parametrize("number", sorted(_NUMBERS))
def test_kinds(number: int) -> None:
    data = packed(kind=number, filename=b"/bin/sh") if number == 2 else packed(kind=number)
    assert decode(data).kind == _NUMBERS[number]


@pytest.mark.parametrize(
    ("version", "raw", "shown"),
    [
        (0, b"", ""),
        (4, bytes([203, 0, 113, 9]), "203.0.113.9"),
        (6, bytes(15) + b"\1", "::1"),
        (6, bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
        (6, bytes(10) + b"\xff\xff" + bytes([203, 0, 113, 9]), "203.0.113.9"),
    ],
)
def test_addresses(version: int, raw: bytes, shown: str) -> None:
    assert decode(packed(version=version, address=raw)).address == shown


def test_names_are_any_bytes() -> None:
    event = decode(packed(kind=2, comm=b"\xff\x1b[31m", filename=b"/tmp/\xfe\nx"))
    assert event.comm == "\\xff\x1b[31m"
    assert event.filename == "/tmp/\\xfe\nx"
    assert not event.truncated
    assert decode(packed(kind=2, comm=b"", filename=b"a" * 255)).truncated


@pytest.mark.parametrize(
    "data",
    [
        b"",
        packed()[:-1],
        packed() + b"\0",
        packed(kind=0),
        packed(kind=7),
        packed(kind=2),
        packed(kind=1, filename=b"x"),
        packed(version=5),
    ],
)
def test_what_no_program_of_ours_writes(data: bytes) -> None:
    with pytest.raises(EventInvalid) as raised:
        decode(data)
    assert raised.value.remedy


@settings(max_examples=200)
@given(
    st.one_of(
        st.binary(max_size=2 * EXEC_SIZE),
        st.binary(min_size=SIZE, max_size=SIZE),
        st.binary(min_size=EXEC_SIZE, max_size=EXEC_SIZE),
        st.builds(
            lambda kind, rest: bytes([kind, 0, 0, 0]) + rest, st.integers(0, 8), st.binary(min_size=108, max_size=108)
        ),
    )
)
def test_any_bytes_are_a_record_or_the_one_error(data: bytes) -> None:
    try:
        event = decode(data)
    except EventInvalid:
        return
    assert event.kind in _NUMBERS.values()
    f"{event.comm}{event.filename}{event.address}".encode()


@given(st.integers(0, 65535), st.binary(max_size=16), st.integers(-(2**31), 2**31 - 1))
def test_what_is_packed_comes_back(port: int, comm: bytes, code: int) -> None:
    data = bytearray(packed(comm=comm))
    struct.pack_into("=i", data, 80, code)
    struct.pack_into("=H", data, 90, port)
    event = decode(bytes(data))
    assert (event.port, event.exit_code) == (port, code)
    assert event.comm == comm.partition(b"\0")[0].decode("utf-8", "backslashreplace")
