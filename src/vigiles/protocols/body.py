"""What the body of an HTTP message begins with, where that is another protocol: a tunnel in requests and answers."""

from __future__ import annotations

import re
from typing import Literal

from vigiles.protocols.json_stream import first_value
from vigiles.protocols.stratum import recognise

#: So many first bytes are looked at. A chunked body's first size stands before what it carries.
LOOKED_AT = 2048
_CHUNK_SIZE = re.compile(rb"\A[0-9A-Fa-f]{1,8}[^\r\n]{0,64}\r\n")
#: An identification string (RFC 4253 section 4.2) is the whole of its line, at the very beginning.
_BANNER = re.compile(rb"SSH-(?:2\.0|1\.99)-[!-,.-~]{1,200}(?: [ -~]{0,200})?\r?\n")

#: What files and encodings begin with that look like chance and are none: gzip, zlib, zstd, xz, bzip2, zip, PNG, JPEG, WebP.
_KNOWN = (
    b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh", b"PK",
    b"\x89PNG", b"\xff\xd8\xff", b"RIFF",
)  # fmt: skip
#: Bytes of a body that are judged, and the least that can be.
_JUDGED, _LEAST = 512, 32

Inner = Literal["ssh", "stratum"]


def inner_protocol(first: bytes, chunked: bool = False) -> Inner | None:
    """Return what a body with these first bytes speaks, None for anything that honest bodies hold."""
    text = _CHUNK_SIZE.sub(b"", first, count=1) if chunked else first
    if _BANNER.match(text):
        return "ssh"
    if text.lstrip()[:1] == b"{":
        _, value = first_value(text)
        fact = recognise(value) if isinstance(value, dict) else None
        # A name that only mining uses; web services answer with jobs and results too, so shapes do not count here.
        return "stratum" if fact is not None and fact.by == "name" and fact.method.startswith("mining.") else None
    return None


def opaque(first: bytes) -> bool:
    """Return whether a body's first bytes look like chance, as encrypted ones do: no text, no known beginning, no pattern.

    Of bytes of chance 37 % are printable, and n of them have 256 (1 - (255/256)^n) values.
    """
    data = first[:_JUDGED]
    if len(data) < _LEAST or data.startswith(_KNOWN):
        return False
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in data)
    expected = 256 * (1 - (255 / 256) ** len(data))
    return printable < 0.55 * len(data) and len(set(data)) >= 0.85 * expected
