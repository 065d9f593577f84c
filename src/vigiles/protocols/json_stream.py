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
                if self._unfinished(error):
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

    def _unfinished(self, error: json.JSONDecodeError) -> bool:
        return error.pos >= len(self._text) - 1 or error.msg.startswith("Unterminated string")
