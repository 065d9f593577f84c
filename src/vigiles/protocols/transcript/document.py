"""A whole document of JSON from its bytes, or lines of it: bounded, and never more than one error."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.lines import Lines

#: The largest document, bytes.
LARGEST = 256 << 20


def document(data: bytes) -> object:
    """Return the value. Raises :class:`Malformed`."""
    if len(data) > LARGEST:
        raise Malformed("the document is too large")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed("this is not JSON") from error


def objects(data: bytes) -> Iterator[dict[str, object]]:
    """Yield the objects of JSON lines. Raises :class:`Malformed` at the first line that is none."""
    lines = Lines()
    for part in (lines.feed(data), lines.end()):
        for number, line in part:
            value = _line(number, line)
            if not isinstance(value, dict):
                raise Malformed(f"line {number} is not an object")
            yield value


def _line(number: int, line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"line {number} is not JSON") from error
