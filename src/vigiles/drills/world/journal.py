"""What reached the world: one line of JSON per effect, appended by the servers, read by the scorer."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

_MAX_LINES = 20_000


class Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``name`` is server and event (``pool.share``), ``tag`` what the client said of itself, or the port it used.

    ``mono_us`` is CLOCK_MONOTONIC in microseconds, the clock of the ledger's stamps on the same machine.
    """

    name: str
    tag: str
    mono_us: int

    @property
    def key(self) -> str:
        """Return ``name:tag``, as a drill's steps name the effect that would be their success."""
        return f"{self.name}:{self.tag}"


class Journal:
    """The writing end. Lines are whole (one ``write`` each) and bounded in number and length."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._left = _MAX_LINES

    def add(self, name: str, tag: str) -> None:
        """Append one effect, stamped now."""
        if self._left > 0:
            self._left -= 1
            effect = Effect(name=name, tag=tag[:64], mono_us=time.monotonic_ns() // 1000)
            os.write(self._fd, msgspec.json.encode(effect) + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def read(path: Path) -> list[Effect]:
    """Return all whole lines of a journal, oldest first; an absent file is an empty world."""
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=Effect) for line in path.read_bytes().split(b"\n")[:-1]]
