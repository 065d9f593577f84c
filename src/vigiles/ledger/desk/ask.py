"""Ask a desk, and believe of its answer only what it proves."""

from __future__ import annotations

import socket
from pathlib import Path

from vigiles.ledger.checkpoint import Checkpoint, open_checkpoint, parse_text
from vigiles.ledger.desk.messages import Answer, List, Listed, NotShown, Show, Shown, from_desk, packed, payload_from
from vigiles.ledger.desk.serve import reached
from vigiles.ledger.leaf import commitment
from vigiles.ledger.merkle import leaf_hash, verify_inclusion
from vigiles.ledger.note import NoteInvalid, Verifier
from vigiles.ledger.wire import UNREADABLE
from vigiles.model.errors import InputInvalid, LedgerInvalid, NotFound, ProcessLost, VigilesError

#: Longer than a desk takes to prove a record of a large ledger.
_PATIENCE_S = 60.0
_ERRORS: dict[int, type[VigilesError]] = {100: InputInvalid, 104: LedgerInvalid, 105: NotFound}


def ask_to_show(place: Path, which: str) -> Shown:
    """Return one record. Raises the desk's own error, or :class:`ProcessLost` where none answers."""
    answer = _ask(place, Show(which))
    if not isinstance(answer, Shown):
        raise ProcessLost(f"{place} answers what was not asked", "Use the Vigiles of the same version.")
    return answer


def ask_to_list(place: Path, question: List) -> Listed:
    """Return headers. Raises as :func:`ask_to_show` does."""
    answer = _ask(place, question)
    if not isinstance(answer, Listed):
        raise ProcessLost(f"{place} answers what was not asked", "Use the Vigiles of the same version.")
    return answer


def _ask(place: Path, question: Show | List) -> Answer:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock, reached(place) as path:
            sock.settimeout(_PATIENCE_S)
            sock.connect(path)
            sock.sendall(packed(question))
            answer = from_desk.decode(payload_from(sock))
    except (OSError, ValueError, *UNREADABLE) as error:
        raise ProcessLost(
            f"nobody answers at {place}: {error}", "Ask the ledger's owner to start: vigiles ledger serve."
        ) from error
    if isinstance(answer, NotShown):
        raise _ERRORS.get(answer.code, VigilesError)(answer.message, answer.remedy)
    return answer


def checked(shown: Shown, verifier: Verifier | None) -> Checkpoint | None:
    """Return the checkpoint that proves the record, None where there is none yet. Without a ``verifier`` the proof is
    checked, and its signature is not. Raises :class:`LedgerInvalid` where body, proof or signature does not hold.
    """
    if shown.body is not None:
        said = commitment(shown.body, shown.secret or b"").hex().encode()
        if b'"commitment":"' + said + b'"' not in shown.leaf:
            raise _damaged(shown, "the body is not what the leaf commits to")
    if shown.note is None:
        return None
    try:
        if verifier is None:
            checkpoint = parse_text(shown.note.decode("utf-8").rpartition("\n\n")[0] + "\n")
        else:
            checkpoint = open_checkpoint(shown.note, [verifier])
    except (NoteInvalid, UnicodeDecodeError) as error:
        raise _damaged(shown, f"the checkpoint does not hold: {error}") from error
    index = shown.header.index
    if not verify_inclusion(leaf_hash(shown.leaf), index, checkpoint.size, shown.path, checkpoint.root):
        raise _damaged(shown, "it is not what the checkpoint signed")
    return checkpoint


def _damaged(shown: Shown, why: str) -> LedgerInvalid:
    return LedgerInvalid(f"record {shown.header.index}: {why}", "Ask the ledger's owner for: vigiles ledger verify")
