"""Many signed notes in one append-only text file, one blank line between them; a note that was cut short harms no other.

A note is lines of text, a blank line, and lines of signatures that begin with an em dash. What is not of this form, for
example the torn end of a write after which the machine went down, is counted and passed over.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vigiles.ledger.note import NoteInvalid, strict_base64, valid_name
from vigiles.model.errors import InputInvalid

_DASH = "— "
#: Key id and an Ed25519 signature: no signature line of ours is shorter, so a shorter one was cut.
_LEAST_SIGNATURE = 4 + 64
_LEAST_LINES = 3


@dataclass(frozen=True)
class Notes:
    """``whole``: the notes, in their order; ``torn``: how many pieces are none."""

    whole: list[bytes]
    torn: int = 0


def split_notes(data: bytes) -> Notes:
    """Return the notes in a file's content. They are whole, which says nothing of whether they are true."""
    blocks = [block for block in data.decode("utf-8", "replace").split("\n\n") if block.strip("\n")]
    whole: list[bytes] = []
    torn = 0
    text: str | None = None
    for block in blocks:
        lines = block.strip("\n").split("\n")
        if text is not None and all(_is_signature(line) for line in lines):
            whole.append((text + "\n\n" + "\n".join(lines) + "\n").encode())
            text = None
        elif text is not None and lines[0].startswith(_DASH):
            torn += 1
            text = None
        else:
            torn += text is not None
            text = "\n".join(lines) if len(lines) >= _LEAST_LINES else None
            torn += text is None
    return Notes(whole, torn + (text is not None))


def _is_signature(line: str) -> bool:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        return line.startswith(_DASH) and valid_name(name) and len(strict_base64(encoded)) >= _LEAST_SIGNATURE
    except NoteInvalid:
        return False


def read_notes(path: Path) -> Notes:
    """Read a file of one note or many. Raises :class:`InputInvalid` if it cannot be read or holds none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputInvalid(f"cannot read {path}: {error.strerror}", "Name a file that is there and readable.") from error
    found = split_notes(data)
    if not found.whole:
        raise InputInvalid(f"{path} holds no signed checkpoint", "Name a file that --save-checkpoint or a sink has written.")
    return found


def append_notes(path: Path, notes: list[bytes]) -> None:
    """Append notes and return when they are on the disk. Raises OSError.

    Blank lines come first, so that whatever a torn write left before is a piece of its own.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    try:
        for note in notes:
            data = b"\n\n" + note
            done = os.write(fd, data)
            if done != len(data):
                raise OSError(f"only {done} of {len(data)} bytes could be written")
        os.fsync(fd)
    finally:
        os.close(fd)
