"""What both clients make of the recorder's words, and of its silence."""

from __future__ import annotations

from vigiles.ledger import wire
from vigiles.model.errors import InputInvalid, LedgerUnwritable

#: Bytes of rows that go in one message.
MESSAGE_BYTES = 4 << 20


class Unreadable(ValueError):
    """The recorder said something that is no message; nothing after it can be understood either."""


def taken(incoming: bytearray) -> list[wire.FromRecorder]:
    """Take the whole messages off the front of ``incoming``. Raises :class:`Unreadable`."""
    try:
        return [wire.from_recorder.decode(payload) for payload in wire.split(incoming)]
    except (wire.FrameTooLong, *wire.UNREADABLE) as error:
        raise Unreadable(str(error)) from error


def failure(word: wire.Failed) -> InputInvalid | LedgerUnwritable:
    """Return the error that tells a caller why nothing of a request was written."""
    return (InputInvalid if word.invalid else LedgerUnwritable)(word.message, word.remedy)


def gone(remedy: str) -> LedgerUnwritable:
    """Return the error for a recorder that is not there any more."""
    return LedgerUnwritable("the recorder is gone", remedy)
