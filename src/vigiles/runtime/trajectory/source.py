"""The file of a trajectory, entry by entry: JSON lines as they are read, or one JSON document as a whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import BinaryIO

from vigiles.model.errors import InputInvalid
from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.entry import entries_in, said_in
from vigiles.protocols.transcript.lines import LONGEST, Lines
from vigiles.protocols.transcript.said import Said

#: The largest document that is not written in lines, bytes.
LARGEST_DOCUMENT = 64 << 20
_PART = 1 << 16
_REMEDY = "Write one JSON object a line: a tool call, a message or an item. docs/guides/harness.md has the forms."


class Source:
    """Reads ``file`` to its end. ``read`` is how many bytes were taken so far."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines = Lines()
        self.read = 0

    async def said(self) -> AsyncIterator[tuple[str, list[Said]]]:
        """Yield where an entry stands ("line 3") and what it says. Raises :class:`InputInvalid`, naming the place, at the
        first entry that cannot be read; those before it have been given.
        """
        first, lines = True, self._numbered()
        async for number, line in lines:
            where = f"line {number}"
            entry = _json(line)
            if isinstance(entry, ValueError | RecursionError):
                if not first:
                    raise InputInvalid(f"{where}: this is not JSON", _REMEDY) from entry
                document = await _document(number, line, lines)
                for place, part in enumerate(entries_in(document), 1):
                    where = f"entry {place}"
                    yield where, _said(where, part)
                return
            # One conversation on one line: what stands before a broken message in it is still replayed.
            parts = entries_in(entry)
            for place, part in enumerate(parts, 1):
                inside = where if len(parts) == 1 else f"{where}, entry {place}"
                yield inside, _said(inside, part)
            first = False

    async def _numbered(self) -> AsyncIterator[tuple[int, bytes]]:
        try:
            while data := await self._more():
                for pair in self._lines.feed(data):
                    yield pair
            for pair in self._lines.end():
                yield pair
        except Malformed as error:
            remedy = f"Cut the line: at most {LONGEST >> 20} MiB are read of one."
            raise InputInvalid(f"line {self._lines.number}: {error}", remedy) from error

    async def _more(self) -> bytes:
        # A pipe may keep us waiting, and the cell's sensors must be heard meanwhile.
        data = await asyncio.to_thread(self._file.read, _PART)
        self.read += len(data)
        return data


async def _document(first: int, line: bytes, rest: AsyncIterator[tuple[int, bytes]]) -> object:
    """Return the document that begins with a line that is no JSON by itself. Raises :class:`InputInvalid`."""
    whole, at, lone = bytearray(b"\n" * (first - 1) + line), first, False
    async for number, more in rest:
        lone = lone or (number == first + 1 and not isinstance(_json(more), Exception) and more[:1] == b"{")
        whole += b"\n" * (number - at) + more
        at = number
        if len(whole) > LARGEST_DOCUMENT:
            raise InputInvalid(
                f"line {first}: no JSON by itself, and as a document larger than {LARGEST_DOCUMENT >> 20} MiB",
                _REMEDY,
            )
    document = _json(bytes(whole))
    if isinstance(document, Exception):
        line_at = first if lone or not isinstance(document, json.JSONDecodeError) else document.lineno
        raise InputInvalid(f"line {line_at}: this is not JSON", _REMEDY) from document
    return document


def _json(data: bytes) -> object:
    """Return the value, or the error that it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        return error


def _said(where: str, entry: object) -> list[Said]:
    try:
        return said_in(entry)
    except Malformed as error:
        raise InputInvalid(f"{where}: {error}", _REMEDY) from error
