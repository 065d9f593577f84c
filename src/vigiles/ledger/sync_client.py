"""The blocking client of the recorder, for tools and processes without an event loop. One thread at a time."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from vigiles.ledger import answers, wire
from vigiles.ledger.connect import connect_or_start
from vigiles.model.erasure import Erasure
from vigiles.model.errors import LedgerUnwritable
from vigiles.model.union import Recorded

_READ_BYTES = 1 << 16
_UCRED = struct.Struct("3i")


class SyncRecorderClient:
    """Append to one home's ledger, starting the recorder if none runs. A context manager."""

    def __init__(self, home: Path, *, idle_exit_s: float = 10.0) -> None:
        """Connect. Raises :class:`LedgerUnwritable`, :class:`LedgerInvalid`, :class:`InputInvalid`, :class:`ProcessLost`."""
        self._sock = connect_or_start(home, idle_exit_s=idle_exit_s)
        self._incoming = bytearray()
        self._request = 0
        #: Posted records that the recorder could not write.
        self.lost = 0
        #: Whether the ledger's disk is full and the recorder lives on its reserve, as far as it has been heard.
        self.low = False

    @property
    def recorder_pid(self) -> int:
        """The process id of the recorder, as the kernel tells."""
        credentials = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        return int(_UCRED.unpack(credentials)[0])

    def append(self, records: Sequence[Recorded], durable: bool = True) -> list[int]:
        """Append records in order and return their indexes once committed. Large lists go in several messages.

        Raises :class:`LedgerUnwritable` or :class:`InputInvalid`; what an earlier message wrote then stays.
        """
        indexes: list[int] = []
        for rows in _portions([wire.row_of(record) for record in records]):
            self._request += 1
            first = self._ask(wire.Append(self._request, durable, rows))
            indexes += range(first, first + len(rows))
        return indexes

    def post(self, record: Recorded) -> None:
        """Append a record within 50 ms, without waiting for it. Raises :class:`InputInvalid`, :class:`LedgerUnwritable`."""
        self._send(wire.frame(wire.Append(0, False, [wire.row_of(record)])))

    def flush(self) -> None:
        """Return when everything posted so far is on the disk. Raises :class:`LedgerUnwritable`."""
        self._request += 1
        self._ask(wire.Append(self._request, True, []))

    def erase(self, record: Erasure) -> int:
        """Append a signed erasure and erase what it names; return the erasure's index.

        Raises :class:`InputInvalid` if a verifier would not accept it, :class:`LedgerUnwritable`.
        """
        self._request += 1
        return self._ask(wire.Erase(self._request, wire.row_of(record)))

    def close(self) -> None:
        """Disconnect. What was posted is still committed; call :meth:`flush` first to be sure of it."""
        self._sock.close()

    def __enter__(self) -> SyncRecorderClient:
        """Return the client."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()

    def _ask(self, message: wire.Append | wire.Erase) -> int:
        self._send(wire.frame(message))
        while True:
            for answer in self._answers():
                if isinstance(answer, wire.Lost):
                    self.lost += answer.count
                elif isinstance(answer, wire.Space):
                    self.low = answer.low
                elif isinstance(answer, wire.Failed):
                    raise answers.failure(answer)
                elif isinstance(answer, wire.Done) and answer.request == message.request:
                    return answer.first

    def _send(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise _gone() from error

    def _answers(self) -> list[wire.FromRecorder]:
        try:
            data = self._sock.recv(_READ_BYTES)
            self._incoming += data
            found = answers.taken(self._incoming)
        except (OSError, answers.Unreadable) as error:
            raise _gone() from error
        if not data:
            raise _gone()
        return found


def _portions(rows: list[wire.Row]) -> list[list[wire.Row]]:
    portions: list[list[wire.Row]] = []
    size = answers.MESSAGE_BYTES
    for row in rows:
        if size + len(row.body) > answers.MESSAGE_BYTES:
            portions.append([])
            size = 0
        portions[-1].append(row)
        size += len(row.body) + 256
    return portions


def _gone() -> LedgerUnwritable:
    return answers.gone("Open another client; the recorder is then started anew.")
