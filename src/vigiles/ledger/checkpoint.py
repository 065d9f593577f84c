"""C2SP checkpoints: origin, size and root of the tree in three lines, signed as a note (https://c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vigiles.ledger.merkle import HASH_BYTES
from vigiles.ledger.note import NoteInvalid, Signer, Verifier, open_note, strict_base64

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """The tree of log ``origin`` at ``size`` leaves has this 32-byte ``root``."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def sign(self, signer: Signer) -> bytes:
        """Return the signed note."""
        return signer.sign(self.text())


def parse_text(text: str) -> Checkpoint:
    """Read a checkpoint's text; extension lines after the third are allowed and ignored. Raises :class:`NoteInvalid`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not _SIZE.fullmatch(lines[1]):
        raise NoteInvalid("not a checkpoint: origin, size and root expected")
    root = strict_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise NoteInvalid("the checkpoint's root is not a SHA-256 value")
    return Checkpoint(lines[0], int(lines[1]), root)


def open_checkpoint(note: bytes, verifiers: Sequence[Verifier]) -> Checkpoint:
    """Check the signature and the origin (it must be the signing key's name) and return the checkpoint.

    Raises :class:`NoteInvalid`.
    """
    text, signers = open_note(note, verifiers)
    checkpoint = parse_text(text)
    if all(signer.name != checkpoint.origin for signer in signers):
        raise NoteInvalid(f"the checkpoint is of another log: {checkpoint.origin}")
    return checkpoint
