"""What a reader gets to see of the store: never more than the right allows."""

from __future__ import annotations

import msgspec

from vigiles.ledger.desk.messages import List, Listed, Show, Shown
from vigiles.ledger.desk.readers import Right
from vigiles.ledger.header import Header
from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import NotFound


def show(reader: LedgerReader, which: str, right: Right = "bodies") -> Shown:
    """Return the record with this index or id, and its proof. Raises :class:`NotFound`, :class:`LedgerInvalid`."""
    index = int(which) if which.isascii() and which.isdecimal() and len(which) <= 18 else reader.index_of(which)
    entry, header = reader.entry(index), reader.header(index)
    path, note, unproved = [], None, ""
    try:
        proof = reader.proof(index)
        path, note = proof.path, proof.note
    except NotFound as error:
        unproved = str(error)
    open_to = right == "bodies"
    return Shown(
        right,
        _withheld(header, right),
        entry.leaf,
        entry.secret if open_to else None,
        entry.body if open_to else None,
        path,
        note,
        unproved,
    )


def listed(reader: LedgerReader, question: List, right: Right) -> Listed:
    """Return the headers that fit. Raises :class:`LedgerInvalid`."""
    filters = {name: getattr(question, name) for name in ("type", "run", "episode", "call", "id")}
    found = reader.headers(filters, question.since_us, question.limit)
    return Listed(right, [_withheld(header, right) for header in found])


def answer(reader: LedgerReader, question: Show | List, right: Right) -> Shown | Listed:
    """Return what the question asks for. Raises :class:`NotFound`, :class:`LedgerInvalid`."""
    return show(reader, question.which, right) if isinstance(question, Show) else listed(reader, question, right)


def _withheld(header: Header, right: Right) -> Header:
    if right == "bodies" or header.body != "here":
        return header
    return msgspec.structs.replace(header, body="withheld")
