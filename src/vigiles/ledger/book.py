"""The recorder's book-keeping: rows become sealed entries, entries become checkpoints, erasures are checked first."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

import msgspec

from vigiles.ledger.checkpoint import Checkpoint, open_checkpoint
from vigiles.ledger.erasure import NEVER_ERASED, OPERATOR, registered_key, signature_holds
from vigiles.ledger.leaf import FIELDWISE, SECRET_BYTES, seal
from vigiles.ledger.mint import now
from vigiles.ledger.note import NoteInvalid, Signer
from vigiles.ledger.store import Sealed, Store
from vigiles.ledger.wire import UNREADABLE, Row
from vigiles.model.erasure import Erasure
from vigiles.model.errors import InputInvalid, LedgerInvalid


class Book:
    """A store, the key that signs for it, and the rule that one never contradicts the other."""

    def __init__(self, store: Store, signer: Signer) -> None:
        """Check that the newest checkpoint is by this key and of this tree; raises :class:`LedgerInvalid` if not."""
        self._store = store
        self._signer = signer
        self._signed = 0
        newest = store.newest_checkpoint()
        if newest is not None:
            tree, note = newest
            try:
                told = open_checkpoint(note, [signer.verifier])
            except NoteInvalid as error:
                raise LedgerInvalid(
                    f"{store.path}: the newest checkpoint is not by this home's key: {error}",
                    "Restore ledger.key from a backup, or move this home aside and start a new ledger.",
                ) from error
            if (told.size, told.root) != (tree.size, tree.root()):
                raise LedgerInvalid(f"{store.path}: the newest checkpoint is damaged", "Run: vigiles ledger verify.")
            self._signed = told.size

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._signer.name

    @property
    def size(self) -> int:
        """The number of committed records."""
        return self._store.tree.size

    @property
    def unsigned(self) -> bool:
        """Whether records stand beyond the newest checkpoint."""
        return self.size > self._signed

    def append(self, rows: Sequence[Row]) -> int:
        """Commit rows as one batch; return the first index. Raises :class:`LedgerUnwritable`."""
        return self._store.append(seal_rows(rows))

    def append_many(self, rows: Iterable[Row]) -> int:
        """Commit an import's rows in large batches; return how many. Raises :class:`LedgerUnwritable`."""
        return self._store.append_many(rows)

    def refusal(self, row: Row) -> str | None:
        """Return why a row may not be appended as an ordinary record, or None."""
        if row.type == "erasure":
            return "an erasure is appended by an erase request, which also erases"
        fieldwise = row.type == FIELDWISE
        if (row.secret is not None, row.digests is not None) != (fieldwise, fieldwise):
            return "incidents, and only they, bring a secret and field digests"
        if fieldwise:
            try:
                seal(row.type, row.body, row.secret or b"", row.digests)
            except ValueError as error:
                return str(error)
        return None

    def erase(self, row: Row) -> int:
        """Commit an erasure record and erase what it names.

        Raises :class:`InputInvalid` unless a verifier would accept it, :class:`LedgerUnwritable`.
        """
        try:
            record = msgspec.json.decode(row.body, type=Erasure)
        except UNREADABLE as error:
            raise InputInvalid(f"not an erasure record: {error}", "Make it with sign_erasure.") from error
        if (row.secret, row.digests) != (None, None):
            raise InputInvalid("an erasure brings no secret and no field digests", "Make it with sign_erasure.")
        if row.type != "erasure" or record.indices != sorted(set(record.indices)) or not record.indices:
            raise InputInvalid("an erasure names records once each, in order", "Make it with sign_erasure.")
        for index in record.indices:
            held = self._store.held(index) if index < self.size else None
            if held is None:
                raise InputInvalid(f"record {index} has no body to erase", "Name records that are there.")
            if held in NEVER_ERASED:
                raise InputInvalid(f"record {index} is of type {held}, which is never erased", "Leave it out.")
        if record.principal == OPERATOR:
            key: bytes | None = self._signer.verifier.public
        else:
            key = registered_key(record.principal, self._store.principals())
        if key is None or not signature_holds(record, key):
            raise InputInvalid(
                f"the erasure is not signed by {record.principal}'s registered key",
                "Sign with the key of a registered principal, or as operator with the ledger's key.",
            )
        return self._store.erase(record.indices, seal_rows([row])[0])

    def sign(self) -> None:
        """Sign and keep a checkpoint, if there is something new. Raises :class:`LedgerUnwritable`."""
        if not self.unsigned:
            return
        tree = self._store.tree.copy()
        note = Checkpoint(self._signer.name, tree.size, tree.root()).sign(self._signer)
        self._store.add_checkpoint(tree, note, now().wall_us)
        self._signed = tree.size

    def close(self) -> None:
        """Close the store."""
        self._store.close()


def seal_rows(rows: Sequence[Row]) -> list[Sealed]:
    """Return the rows as the store keeps them, each under a fresh secret unless it brings its own."""
    drawn = secrets.token_bytes(SECRET_BYTES * len(rows))
    sealed: list[Sealed] = []
    for number, row in enumerate(rows):
        secret = row.secret or drawn[number * SECRET_BYTES : (number + 1) * SECRET_BYTES]
        leaf = seal(row.type, row.body, secret, row.digests)
        sealed.append((row.type, row.id, row.run, row.episode, row.call, row.host, row.wall_us, leaf, secret, row.body))
    return sealed
