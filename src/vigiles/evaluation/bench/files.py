"""A file of a data set, whole and bounded."""

from __future__ import annotations

from pathlib import Path

from vigiles.protocols.malformed import Malformed
from vigiles.protocols.transcript.document import LARGEST


def whole(file: Path) -> bytes:
    """Return a file's bytes. Raises ``OSError``, and :class:`Malformed` for one that is too large."""
    if file.stat().st_size > LARGEST:
        raise Malformed("the file is too large")
    return file.read_bytes()
