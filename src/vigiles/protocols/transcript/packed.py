"""Inspect's ``.eval`` files: a zip of JSON documents, deflated or with Zstandard. Read without Inspect, and bounded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from vigiles.protocols.malformed import Malformed

#: The largest member and the most members that are read.
LARGEST = 256 << 20
_MOST = 100_000
_ZSTANDARD = 93
_LOCAL = struct.Struct("<4s5H3L2H")
#: Takes compressed bytes and the most bytes that may come of them; raises ``ValueError`` for what is none.
Unpack = Callable[[bytes, int], bytes]


class ZstandardMissing(Malformed):
    """A member is compressed with Zstandard, and nobody gave the means to read it."""


def members(data: bytes, unpack: Unpack | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the header and the samples of a log, name and bytes. ``unpack`` reads Zstandard.

    Raises :class:`Malformed`, and :class:`ZstandardMissing` where ``unpack`` is needed and None.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        listed = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error, EOFError) as error:
        raise Malformed("this is no zip file") from error
    if len(listed) > _MOST:
        raise Malformed("a log has too many members")
    wanted = [one for one in listed if one.filename == "header.json" or one.filename.startswith("samples/")]
    if not wanted:
        raise Malformed("a log has neither header nor samples")
    for member in wanted:
        if member.file_size > LARGEST:
            raise Malformed("a member of a log is too large")
        yield member.filename, _read(data, archive, member, unpack)


def _read(data: bytes, archive: zipfile.ZipFile, member: zipfile.ZipInfo, unpack: Unpack | None) -> bytes:
    try:
        if member.compress_type != _ZSTANDARD:
            with archive.open(member) as file:
                read = file.read(LARGEST + 1)
        elif unpack is None:
            raise ZstandardMissing("a member of a log is compressed with Zstandard")
        else:
            read = unpack(_raw(data, member), LARGEST)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        OSError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        struct.error,
    ) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed("a member of a log cannot be unpacked") from error
    if len(read) > LARGEST:
        raise Malformed("a member of a log is too large")
    return read


def _raw(data: bytes, member: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes as they stand in the file (APPNOTE 4.3.7)."""
    header = _LOCAL.unpack_from(data, member.header_offset)
    if header[0] != b"PK\x03\x04":
        raise Malformed("a member of a log has no header")
    start = member.header_offset + _LOCAL.size + header[-2] + header[-1]
    return data[start : start + member.compress_size]
