"""Two readers of HTTP/1 as careless as servers have been, each in its own way: what either could take for a request counts.

``unix`` takes a bare LF for a line's end, believes ``Transfer-Encoding`` before ``Content-Length`` and finds ``chunked``
anywhere in it. ``windows`` takes CR alone for a line's end too, believes the last ``Content-Length`` before any coding,
takes ``_`` for ``-`` in names and cuts values at NUL. Both read numbers as far as they are numbers and forgive spaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_START = re.compile(rb"\s*([^\s]+)[ \t\x0b\x0c]+([^\s]*)(?:[ \t\x0b\x0c]+HTTP/[0-9.]*)?[ \t\x0b\x0c]*\Z")
_STATUS = re.compile(rb"\s*HTTP/[0-9.]+[ \t]+([0-9]{3})")
_INTERIM = range(100, 200)


@dataclass(frozen=True)
class Message:
    """One request (``method``, ``target``) or answer (``status``); ``whole``: its body came to its end."""

    method: str
    target: str
    status: int
    hosts: tuple[str, ...]
    size: int
    whole: bool


@dataclass(frozen=True)
class Habits:
    """How one reader errs."""

    line: re.Pattern[bytes]
    coding_first: bool
    last_length: bool
    loose_names: bool


UNIX = Habits(re.compile(rb"\r*\n"), coding_first=True, last_length=False, loose_names=False)
WINDOWS = Habits(re.compile(rb"\r\n|\n|\r"), coding_first=False, last_length=True, loose_names=True)
READERS = (UNIX, WINDOWS)


def requests(data: bytes, habits: Habits) -> list[Message]:
    """Return every request that this reader finds on one connection."""
    found: list[Message] = []
    while data.strip():
        message, data = _one(data, habits, None)
        found.append(message)
    return found


def answers(data: bytes, habits: Habits, methods: list[str]) -> list[Message]:
    """Return every answer that this reader finds; ``methods`` were asked, interim answers are left out."""
    found: list[Message] = []
    while data.strip():
        method = methods[len(found)] if len(found) < len(methods) else "GET"
        message, data = _one(data, habits, method)
        if message.status not in _INTERIM:
            found.append(message)
    return found


def _one(data: bytes, habits: Habits, asked: str | None) -> tuple[Message, bytes]:
    lines, rest, ended = _head(data, habits)
    method, target, status = "", "", 0
    if asked is None:
        start = _START.match(lines[0])
        method, target = (start[1].decode("latin-1"), start[2].decode("latin-1")) if start else (repr(lines[0]), "")
    else:
        found = _STATUS.match(lines[0])
        status = int(found[1]) if found else -1
    fields = _fields(lines[1:], habits)
    hosts = tuple(value.decode("latin-1") for name, value in fields if name == b"host")
    bare = asked is not None and (asked == "HEAD" or status in _INTERIM or status in (204, 304))
    size, rest, whole = (0, rest, True) if bare else _body(rest, fields, habits, answer=asked is not None)
    return Message(method, target, status, hosts, size, whole and ended), rest


def _head(data: bytes, habits: Habits) -> tuple[list[bytes], bytes, bool]:
    lines: list[bytes] = []
    at = len(data) - len(data.lstrip(b"\r\n"))
    while (end := habits.line.search(data, at)) is not None:
        line = data[at : end.start()]
        at = end.end()
        if not line:
            return lines or [b""], data[at:], True
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1] += b" " + line.strip()
        else:
            lines.append(line)
    return [*lines, data[at:]], b"", False


def _fields(lines: list[bytes], habits: Habits) -> list[tuple[bytes, bytes]]:
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.strip(b" \t\x0b\x0c\0\x85\xa0\"'").lower()
        if habits.loose_names:
            name, value = re.sub(rb"[^a-z0-9]", b"-", name), value.partition(b"\0")[0]
        fields.append((name, value.strip(b" \t\x0b\x0c\0\x85\xa0\"',;")))
    return fields


def _body(data: bytes, fields: list[tuple[bytes, bytes]], habits: Habits, *, answer: bool) -> tuple[int, bytes, bool]:
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    chunked = any(b"chunked" in value for value in codings)
    if chunked and (habits.coding_first or not lengths):
        return _chunks(data, habits)
    if lengths:
        digits = re.match(rb"\+?([0-9]+)", lengths[-1 if habits.last_length else 0])
        size = int(digits[1]) if digits else 0
        return min(size, len(data)), data[size:], len(data) >= size
    return (len(data), b"", True) if answer else (0, data, True)


def _chunks(data: bytes, habits: Habits) -> tuple[int, bytes, bool]:
    size = 0
    while (end := habits.line.search(data)) is not None:
        digits = re.match(rb"\s*(?:0[xX])?\+?([0-9a-fA-F]+)", data[: end.start()])
        step = int(digits[1], 16) if digits else 0
        data = data[end.end() :]
        if not step:
            while (end := habits.line.match(data)) is None and (end := habits.line.search(data)) is not None:
                data = data[end.end() :]
            return size, data[end.end() :] if end else b"", end is not None
        size += min(step, len(data))
        data = data[step:]
        end = habits.line.match(data)
        data = data[end.end() :] if end else data
    return size, b"", False
