"""Audit records about Landlock, as the kernel writes them, read into plain values; pure.

A denial is an *access* record; the first of a domain is followed by a *domain* record with the process that put the domain
up. Where the kernel tracks system calls, a *system call* record with the process that asked and an *end* follow. All records
of one event have one serial number. Source: the kernel's Documentation/admin-guide/LSM/landlock.rst, and its
security/landlock/audit.c, security/lsm_audit.c, kernel/audit.c (which values are written as hex digits).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vigiles.kernel.audit import CONFIG, END, LANDLOCK_ACCESS, OF_LANDLOCK, SYSCALL
from vigiles.model.plain import text

_LONGEST = 16_384
_HEAD = re.compile(rb"audit\((\d{1,12})\.(\d{3}):(\d{1,20})\): ?")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_ID = re.compile(rb"[0-9a-f]{1,16}")
_BLOCKER = re.compile(rb"[a-z0-9_.]{1,64}")


class RecordMalformed(ValueError):
    """An audit record is not what the kernel's documentation says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One denial. ``path``: of a file, folder, device or Unix socket. ``pid``, ``uid``, ``exe``: who asked, once known."""

    event: str
    domain: str
    blockers: tuple[str, ...]
    path: str | None = None
    address: str | None = None
    port: int | None = None
    other_pid: int | None = None
    pid: int | None = None
    uid: int | None = None
    exe: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain at its first denial (``allocated``: who put it up), or at its end (``denials`` in all, told or not)."""

    event: str
    domain: str
    allocated: bool
    pid: int | None = None
    uid: int | None = None
    exe: str = ""
    comm: str = ""
    denials: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The process behind an event."""

    event: str
    pid: int
    uid: int
    exe: str
    comm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """No more records of this event will come."""

    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """Somebody switched audit records off: there will be none."""

    event: str


Parsed = Access | Domain | Caller | End | SwitchedOff


def parse(kind: int, record: bytes) -> Parsed | None:
    """Return what an audit record says, None for kinds that tell nothing here. Raises :class:`RecordMalformed`."""
    if kind not in OF_LANDLOCK:
        return None
    head = _HEAD.match(record)
    if head is None or len(record) > _LONGEST:
        raise RecordMalformed("no event number" if head is None else "too long")
    event = f"{head[1].decode()}.{head[2].decode()}:{head[3].decode()}"
    if kind == END:
        return End(event=event)
    fields = b" " + record[head.end() :].rstrip(b"\0\n")
    if kind == CONFIG:
        off = _value(fields, b"op") == b"set" and _value(fields, b"audit_enabled") == b"0"
        return SwitchedOff(event=event) if off else None
    if kind == SYSCALL:
        uid = _number(fields, b"uid", 2**32 - 1)
        return Caller(event=event, pid=_pid(fields, b"pid"), uid=uid, exe=_text(fields, b"exe"), comm=_text(fields, b"comm"))
    return _access(event, fields) if kind == LANDLOCK_ACCESS else _domain(event, fields)


def _access(event: str, fields: bytes) -> Access:
    blockers = (_value(fields, b"blockers") or b"").split(b",")
    if len(blockers) > 64 or not all(_BLOCKER.fullmatch(one) for one in blockers):
        raise RecordMalformed("odd blockers")
    path = _value(fields, b"path")
    if path is None:
        path = _value(fields, b"name")
    address, port = _end_of(fields, b"daddr", b"dest")
    if address is None and port is None:
        address, port = _end_of(fields, b"saddr", b"src")
    return Access(
        event=event,
        domain=_id(fields),
        blockers=tuple(one.decode() for one in blockers),
        path=None if path is None else _path(path),
        address=address,
        port=port,
        other_pid=None if _value(fields, b"opid") is None else _pid(fields, b"opid"),
    )


def _domain(event: str, fields: bytes) -> Domain:
    status = _value(fields, b"status")
    if status == b"deallocated":
        return Domain(event=event, domain=_id(fields), allocated=False, denials=_number(fields, b"denials", 2**53 - 1))
    if status != b"allocated":
        raise RecordMalformed("odd status")
    return Domain(
        event=event,
        domain=_id(fields),
        allocated=True,
        pid=_pid(fields, b"pid"),
        uid=_number(fields, b"uid", 2**32 - 1),
        exe=_text(fields, b"exe"),
        comm=_text(fields, b"comm"),
    )


def _value(fields: bytes, name: bytes) -> bytes | None:
    """Return the first value of that name, up to a space: what holds a space, a quote or a control byte is in hex digits."""
    at = fields.find(b" " + name + b"=")
    if at < 0:
        return None
    at += len(name) + 2
    end = fields.find(b" ", at)
    return fields[at:] if end < 0 else fields[at:end]


def _raw(value: bytes) -> bytes:
    """Return the bytes behind a value that somebody else chose: quoted as it is, or in hex digits."""
    if value.startswith(b'"'):
        if len(value) < 2 or not value.endswith(b'"') or b'"' in value[1:-1]:
            raise RecordMalformed("odd quotes")
        return value[1:-1]
    if value == b"(null)":
        return b""
    return bytes.fromhex(value.decode()) if _HEX.fullmatch(value) else value


def _text(fields: bytes, name: bytes) -> str:
    value = _value(fields, name)
    return "" if value is None else text(_raw(value))


def _path(value: bytes) -> str:
    raw = _raw(value)
    return "@" + text(raw[1:]) if raw.startswith(b"\0") else text(raw)


def _end_of(fields: bytes, address: bytes, port: bytes) -> tuple[str | None, int | None]:
    where = _value(fields, address)
    number = None if _value(fields, port) is None else _number(fields, port, 65_535)
    return None if where is None else text(where), number


def _id(fields: bytes) -> str:
    value = _value(fields, b"domain") or b""
    if not _ID.fullmatch(value):
        raise RecordMalformed("odd domain id")
    return value.decode()


def _pid(fields: bytes, name: bytes) -> int:
    return _number(fields, name, 2**31 - 1)


def _number(fields: bytes, name: bytes, most: int) -> int:
    value = _value(fields, name) or b""
    if len(value) > 20 or not value.isdigit() or int(value) > most:
        raise RecordMalformed(f"{name.decode()} is no number")
    return int(value)
