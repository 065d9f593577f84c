"""A proof that travels: some records opened, with what a stranger needs to check that they stand in a signed ledger.

For each record: the leaf, its inclusion path, and, where it is opened, body and secret, from which the leaf's commitment
follows. For all: the signed checkpoint and the verifier key. Checking needs no ledger and no network. It shows that these
very records were signed, at these places; it says nothing of records that are not in the bundle.
"""

from __future__ import annotations

import json
from typing import Literal

import msgspec

from vigiles.ledger.checkpoint import Checkpoint, open_checkpoint
from vigiles.ledger.leaf import commitment
from vigiles.ledger.merkle import leaf_hash, verify_inclusion
from vigiles.ledger.note import NoteInvalid, Verifier
from vigiles.ledger.wire import UNREADABLE
from vigiles.model.errors import InputInvalid
from vigiles.model.union import Recorded, decode

FORMAT: Literal["vigiles-proof/1"] = "vigiles-proof/1"
#: A body longer than this stays closed, and so do all when so many bytes are open: a proof is read by people too.
OPENED_BYTES = 16 * 1024
ALL_BYTES = 192 * 1024


class Proved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One record: ``path`` from the leaf up and ``secret`` in hex; ``leaf`` and ``body`` as they stand in the ledger.

    ``secret`` and ``body`` are None where the record is not opened, or was erased.
    """

    index: int
    leaf: str
    path: list[str]
    secret: str | None = None
    body: str | None = None


class Bundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records of one ledger under one ``checkpoint`` (a signed note); ``verifier`` is the key line ``name+id+key``."""

    format: Literal["vigiles-proof/1"] = FORMAT
    verifier: str
    checkpoint: str
    records: list[Proved]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What checking found: the checkpoint, the opened records that hold, and what is wrong (nothing, if all is well)."""

    checkpoint: Checkpoint | None
    records: list[tuple[int, Recorded]]
    problems: list[str]


def read_bundle(text: str) -> Bundle:
    """Read a bundle's JSON. Raises :class:`InputInvalid`."""
    try:
        return msgspec.json.decode(text.encode("utf-8", "backslashreplace"), type=Bundle)
    except UNREADABLE as error:
        raise InputInvalid(f"not a proof: {error}", "Give a report that vigiles incident show --html wrote.") from error


def check(bundle: Bundle, key: str | None = None) -> Checked:
    """Check everything. ``key`` is a verifier key line had from elsewhere; without one the bundle's own is believed.

    Raises :class:`InputInvalid` for a key that is none; whatever is wrong with the bundle is a problem in the answer.
    """
    try:
        verifier = Verifier.parse(bundle.verifier if key is None else key)
    except NoteInvalid as error:
        raise InputInvalid(f"cannot use the verifier key: {error}", "Give the line in ledger.vkey with --key.") from error
    try:
        checkpoint = open_checkpoint(bundle.checkpoint.encode("utf-8", "backslashreplace"), [verifier])
    except NoteInvalid as error:
        return Checked(checkpoint=None, records=[], problems=[f"the checkpoint does not hold: {error}"])
    held: list[tuple[int, Recorded]] = []
    problems: list[str] = []
    for one in bundle.records:
        try:
            record = _check_one(one, checkpoint)
        except (ValueError, *UNREADABLE) as error:
            problems.append(f"record {one.index}: {error}")
        else:
            held += [] if record is None else [(one.index, record)]
    if not bundle.records:
        problems.append("no record is proved")
    return Checked(checkpoint=checkpoint, records=held, problems=problems)


def _check_one(one: Proved, checkpoint: Checkpoint) -> Recorded | None:
    leaf = one.leaf.encode("utf-8", "backslashreplace")
    path = [bytes.fromhex(node) for node in one.path]
    if not verify_inclusion(leaf_hash(leaf), one.index, checkpoint.size, path, checkpoint.root):
        raise ValueError("the leaf is not in the signed tree at this place")
    if one.body is None or one.secret is None:
        return None
    body = one.body.encode("utf-8", "backslashreplace")
    header = json.loads(leaf)
    if commitment(body, bytes.fromhex(one.secret)).hex() != header.get("commitment"):
        raise ValueError("the body is not what the leaf commits to")
    record = decode(body)
    if str(type(record).__struct_config__.tag) != header.get("type"):
        raise ValueError("the body is of another type than its leaf says")
    return record
