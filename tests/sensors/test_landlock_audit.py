"""Audit records about Landlock, read: what kernels wrote, what the documentation says, and what nobody should write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.model.plain import text
from vigiles.sensors.landlock_audit import Access, Caller, Domain, End, Parsed, RecordMalformed, SwitchedOff, parse

HEAD = b"audit(1729738800.268:30): "
EVENT = "1729738800.268:30"


def untrusted(raw: bytes) -> bytes:
    """Write a value as audit_log_untrustedstring() does."""
    if any(byte < 0x21 or byte > 0x7E or byte == 0x22 for byte in raw):
        return raw.hex().upper().encode()
    return b'"' + raw + b'"'


def access(**fields: object) -> Access:
    return Access(event=EVENT, domain="1a6fdc66f", **fields)  # type: ignore[arg-type]  # the fields of each row


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'blockers=scope.signal opid=1 ocomm="systemd"', access(blockers=("scope.signal",), other_pid=1)),
        (b'blockers=ptrace opid=77 ocomm="sh"', access(blockers=("ptrace",), other_pid=77)),
        (
            b'blockers=fs.make_reg,fs.refer path="/usr/local" dev="vda2" ino=365',
            access(blockers=("fs.make_reg", "fs.refer"), path="/usr/local"),
        ),
        (
            b'blockers=fs.read_file path=2F746D702F666F726220696464656E dev="vda" ino=9',
            access(blockers=("fs.read_file",), path="/tmp/forb idden"),
        ),
        (b'blockers=fs.change_topology name="/" dev="tmpfs" ino=1', access(blockers=("fs.change_topology",), path="/")),
        (b'blockers=fs.read_dir path="<too_long>"', access(blockers=("fs.read_dir",), path="<too_long>")),
        (
            b'blockers=fs.ioctl_dev path="/dev/tty" dev="devtmpfs" ino=9 ioctlcmd=0x5401',
            access(blockers=("fs.ioctl_dev",), path="/dev/tty"),
        ),
        (b"blockers=net.bind_tcp src=80", access(blockers=("net.bind_tcp",), port=80)),
        (
            b"blockers=net.connect_tcp daddr=192.0.2.1 dest=443",
            access(blockers=("net.connect_tcp",), address="192.0.2.1", port=443),
        ),
        (
            b"blockers=net.connect_tcp daddr=2001:db8::1 dest=22",
            access(blockers=("net.connect_tcp",), address="2001:db8::1", port=22),
        ),
        (
            b"blockers=scope.abstract_unix_socket path=0062757300",
            access(blockers=("scope.abstract_unix_socket",), path="@bus\0"),
        ),
    ],
)
def test_denials(body: bytes, wanted: Access) -> None:
    assert parse(1423, HEAD + b"domain=1a6fdc66f " + body) == wanted


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        (
            1424,
            b'domain=1a6fdc66f status=allocated mode=enforcing pid=286 uid=0 exe="/root/sandboxer" comm="sandboxer"',
            Domain(event=EVENT, domain="1a6fdc66f", allocated=True, pid=286, uid=0, exe="/root/sandboxer", comm="sandboxer"),
        ),
        (
            1424,
            b"domain=1a6fdc66f status=deallocated denials=3",
            Domain(event=EVENT, domain="1a6fdc66f", allocated=False, denials=3),
        ),
        (
            1300,
            b"arch=c000003e syscall=62 success=no items=0 ppid=272 pid=286 auid=4294967295 uid=1000 tty=(none) ses=1 "
            b'comm="kill" exe="/bin/kill" key=(null)\0',
            Caller(event=EVENT, pid=286, uid=1000, exe="/bin/kill", comm="kill"),
        ),
        (1300, b"ppid=272 pid=286 uid=0 comm=61206220 exe=(null)", Caller(event=EVENT, pid=286, uid=0, exe="", comm="a b ")),
        (1320, b"", End(event=EVENT)),
        (1305, b"op=set audit_enabled=0 old=1 auid=4294967295 ses=4294967295 res=1", SwitchedOff(event=EVENT)),
        (1305, b"op=set audit_enabled=1 old=0 auid=4294967295 ses=4294967295 res=1", None),
        (1305, b"op=set audit_backlog_limit=64 old=64", None),
        (1327, b"proctitle=6B696C6C0031", None),
        (1326, b"sig=31", None),
    ],
)
def test_the_other_records(kind: int, body: bytes, wanted: Parsed | None) -> None:
    assert parse(kind, HEAD + body) == wanted


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        (1423, b""),
        (1423, b"domain=1 blockers=ptrace"),
        (1423, b"audit(x.1:1): domain=1 blockers=ptrace"),
        (1423, b"audit(1.1:1): domain=1 blockers=ptrace"),
        (1423, HEAD + b"blockers=ptrace"),
        (1423, HEAD + b"domain=12345678901234567 blockers=ptrace"),
        (1423, HEAD + b"domain=xyz blockers=ptrace"),
        (1423, HEAD + b"domain=1"),
        (1423, HEAD + b"domain=1 blockers=a,,b"),
        (1423, HEAD + b"domain=1 blockers=" + b",".join([b"a"] * 65)),
        (1423, HEAD + b"domain=1 blockers=A;B"),
        (1423, HEAD + b"domain=1 blockers=net.bind_tcp src=65536"),
        (1423, HEAD + b"domain=1 blockers=ptrace opid=-1"),
        (1423, HEAD + b"domain=1 blockers=ptrace opid=" + "٣".encode()),
        (1423, HEAD + b'domain=1 blockers=fs.refer path="'),
        (1423, HEAD + b'domain=1 blockers=fs.refer path="/a"b"'),
        (1423, HEAD + b"domain=1 blockers=fs.refer path=" + b"41" * 9000),
        (1424, HEAD + b"domain=1 status=sleeping"),
        (1424, HEAD + b"domain=1 status=allocated uid=0"),
        (1424, HEAD + b"domain=1 status=deallocated denials=99999999999999999"),
        (1300, HEAD + b'uid=0 comm="x"'),
        (1300, HEAD + b"pid=4294967296 uid=0"),
        (1300, HEAD + b"pid=1"),
    ],
)
def test_what_no_kernel_writes(kind: int, record: bytes) -> None:
    with pytest.raises(RecordMalformed):
        parse(kind, record)


def test_a_path_cannot_speak_for_the_kernel() -> None:
    """A file's name that looks like fields comes as hex digits, and a name's end does not end the record."""
    name = b'/tmp/x" domain=1 blockers=ptrace opid=1\nstatus=allocated pid=1'
    found = parse(1423, HEAD + b"domain=2 blockers=fs.read_file path=" + untrusted(name) + b' dev="vda" ino=1')
    assert isinstance(found, Access)
    assert (found.domain, found.blockers, found.other_pid) == ("2", ("fs.read_file",), None)
    assert found.path == name.decode()


def test_the_first_field_of_a_name_counts() -> None:
    found = parse(1423, HEAD + b"domain=2 blockers=ptrace opid=5 domain=3 opid=6")
    assert found == Access(event=EVENT, domain="2", blockers=("ptrace",), other_pid=5)


@given(st.binary(min_size=1, max_size=60).filter(lambda raw: b"\0" not in raw))
def test_every_name_comes_back(raw: bytes) -> None:
    found = parse(1423, HEAD + b"domain=2 blockers=fs.read_file path=" + untrusted(raw) + b' dev="vda" ino=1')
    assert isinstance(found, Access)
    assert found.path == text(raw)
    domain = parse(1424, HEAD + b"domain=2 status=allocated pid=1 uid=0 exe=" + untrusted(raw) + b" comm=" + untrusted(raw))
    assert isinstance(domain, Domain)
    assert domain.exe == domain.comm == text(raw)


words = st.sampled_from(
    [
        b"domain=",
        b"1f",
        b" ",
        b"blockers=",
        b"fs.refer",
        b",",
        b"path=",
        b'"',
        b"41",
        b"status=",
        b"allocated",
        b"pid=",
        b"=",
        b"\0",
        b"-",
    ]
)


@given(
    st.sampled_from([1300, 1305, 1320, 1326, 1423, 1424]),
    st.sampled_from([b"", HEAD, HEAD + b"domain=1 blockers=ptrace ", HEAD + b"domain=1 status=allocated uid=0 pid=1 "]),
    st.binary(max_size=60) | st.lists(words, max_size=20).map(b"".join),
)
def test_no_bytes_raise_anything_else(kind: int, head: bytes, rest: bytes) -> None:
    try:
        parse(kind, head + rest)
    except RecordMalformed:
        pass
