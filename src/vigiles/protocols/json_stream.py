"""Finds JSON objects in a stream that may hold anything else around them.

Miners frame their messages by lines, by HTTP bodies, or not at all, and may wrap them in a proxy's handshake; so objects are
looked for wherever one begins. Bounded: one window of bytes, a fixed number of tries.
"""

from __future__ import annotations

import json
import re
from typing import Any

_START = re.compile(r'\{\s*"')
_decoder = json.JSONDecoder()

#: Only the first bytes of a direction are searched, and this many times.
WINDOW = 16 * 1024
MAX_TRIES = 256


class JsonObjects:
    """Feed one direction's bytes; get each JSON object once it is whole, for the first :data:`WINDOW` bytes."""

    def __init__(self, window: int = WINDOW) -> None:
        self._text = ""
        self._left = window
        self._tries = MAX_TRIES

    @property
    def exhausted(self) -> bool:
        """Whether nothing more will be found."""
        return self._left <= 0 or self._tries <= 0

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Return the objects that ``data`` completed. Never raises."""
        if self.exhausted:
            return []
        piece = data[: self._left]
        self._left -= len(piece)
        # Latin-1 keeps byte and character positions equal; a name or value beyond ASCII is of no interest here.
        self._text += piece.decode("latin-1")
        if b"}" not in piece:
            return []
        found: list[dict[str, Any]] = []
        at = 0
        while self._tries > 0 and (match := _START.search(self._text, at)) is not None:
            self._tries -= 1
            at = match.start()
            try:
                value, at = _decoder.raw_decode(self._text, at)
            except json.JSONDecodeError as error:
                if _unfinished(error, self._text):
                    break
                at += 1
            except (ValueError, RecursionError):
                at += 1
            else:
                found.append(value)
        else:
            at = max(at, len(self._text) - 64)
        self._text = self._text[at:]
        return found


def first_value(data: bytes) -> tuple[bool, Any]:
    """Return (True, the JSON value that ``data`` begins with), (True, None) if it begins with none, (False, None) while
    it is not whole. One try, so the cost is bounded by the length. Never raises."""
    text = data.decode("latin-1").lstrip()
    try:
        return True, _decoder.raw_decode(text)[0]
    except json.JSONDecodeError as error:
        return not _unfinished(error, text), None
    except (ValueError, RecursionError):
        return True, None


def _unfinished(error: json.JSONDecodeError, text: str) -> bool:
    if error.msg.startswith("Unterminated string"):
        return True
    # The cut may lie within an escaped character, or within a literal such as ``false``.
    slack = 12 if "escape" in error.msg else 5 if error.msg.startswith("Expecting value") else 0
    return error.pos >= len(text.rstrip()) - slack
