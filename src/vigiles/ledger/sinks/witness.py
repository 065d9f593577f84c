"""The witness sink: somebody else sees that the ledger only grows, and cosigns it (https://c2sp.org/tlog-witness).

A request says from which size on the witness knows this log, proves that the new tree grew from that one, and carries the
checkpoint. A witness that holds another history refuses: that is the news this sink exists for.
"""

from __future__ import annotations

import base64
import re

from vigiles.ledger.checkpoint import Checkpoint, parse_text
from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.merkle import consistency_path, consistency_path_from, leaf_hash
from vigiles.ledger.note import NoteInvalid, Verifier, open_note, strict_base64
from vigiles.ledger.posting import Answer
from vigiles.ledger.reader import Reader
from vigiles.ledger.sinks.post import post
from vigiles.ledger.sinks.settings import WitnessSink

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_CONFLICT, _UNPROVED = 409, 422
_SIZE_KIND = "text/x.tlog.size"


def submit(sink: WitnessSink, reader: Reader, note: bytes, known: int) -> bytes:
    """Have ``note`` cosigned and return it with the witness's signature lines.

    ``known`` is the size that the witness last cosigned. Where it says that it knows another size, it is asked again from
    there, once. Raises :class:`NotDelivered`.
    """
    checkpoint = parse_text(note.decode().rpartition("\n\n")[0] + "\n")
    answer = _ask(sink, reader, note, checkpoint, known)
    if answer.status == _CONFLICT and answer.kind == _SIZE_KIND and (told := _SIZE.fullmatch(answer.body)):
        size = int(told[1])
        if size > checkpoint.size:
            raise NotDelivered(
                f"the witness has cosigned {size} records of this log, this ledger has signed {checkpoint.size}: its tail"
                " was cut, or another ledger signs with this key",
                conflict=True,
            )
        answer = _ask(sink, reader, note, checkpoint, size)
        if answer.status in (_CONFLICT, _UNPROVED):
            raise _forked(answer, size)
    if answer.status == _UNPROVED:
        raise _forked(answer, known)
    if answer.status != 200:
        raise NotDelivered(f"the witness answered {answer.status}{_MEANING.get(answer.status, '')}")
    return cosigned(note, answer.body, sink.verifier)


_MEANING = {
    400: ": it cannot read the request",
    403: ": it trusts another key for this log",
    404: ": it does not know this log; give its operator ledger.vkey",
}


def _forked(answer: Answer, size: int) -> NotDelivered:
    return NotDelivered(
        f"the witness refuses ({answer.status}): the {size} records that it cosigned are not the first of this ledger",
        conflict=True,
    )


def _ask(sink: WitnessSink, reader: Reader, note: bytes, checkpoint: Checkpoint, known: int) -> Answer:
    lines = [f"old {known}", *(base64.b64encode(node).decode() for node in proof(reader, known, checkpoint.size))]
    body = "".join(f"{line}\n" for line in lines).encode() + b"\n" + note
    return post(f"{sink.url.rstrip('/')}/add-checkpoint", body, ca_file=sink.ca_file)


def proof(reader: Reader, old: int, size: int) -> list[bytes]:
    """Return the consistency proof from ``old`` to ``size`` records, as the store has them; none from 0 or to itself."""
    if old in (0, size):
        return []
    tree = reader.tree_at(old)
    if tree is not None:
        return consistency_path_from(tree, [leaf_hash(leaf) for leaf in reader.leaves_between(old, size)])
    return consistency_path([leaf_hash(leaf) for leaf in reader.leaves(size)], old)


def cosigned(note: bytes, lines: bytes, witness: Verifier) -> bytes:
    """Return the note with those signature lines that are the witness's and hold. Raises :class:`NotDelivered`."""
    try:
        open_note(note + lines, [witness])
        ours = [line for line in lines.decode().splitlines() if _by(line, witness)]
        kept = note + "".join(f"{line}\n" for line in ours).encode()
        open_note(kept, [witness])
    except (NoteInvalid, UnicodeDecodeError) as error:
        raise NotDelivered(f"the witness's answer is no cosignature of its key: {error}") from error
    return kept


def _by(line: str, witness: Verifier) -> bool:
    """Whether a well-formed signature line is by this key, whose name others may bear."""
    _, name, encoded = line.split(" ", 2)
    return name == witness.name and strict_base64(encoded)[:4] == witness.id
