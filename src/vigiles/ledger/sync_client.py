"""The blocking client of the recorder, for tools and processes without an event loop. One thread at a time."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from vigiles.ledger.connect import connect_or_start
from vigiles.ledger.wire import (
    Append,
    Done,
    Erase,
    Failed,
    FrameTooLong,
    Lost,
    Row,
    Space,
    frame,
    from_recorder,
    row_of,
    split,
)
from vigiles.model.erasure import Erasure
from vigiles.model.errors import InputInvalid, LedgerUnwritable
from vigiles.model.union import Recorded

_MESSAGE_BYTES = 4 << 20
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
        for rows in _portions([row_of(record) for record in records]):
            self._request += 1
            first = self._ask(Append(self._request, durable, rows))
            indexes += range(first, first + len(rows))
        return indexes

    def post(self, record: Recorded) -> None:
        """Append a record within 50 ms, without waiting for it. Raises :class:`InputInvalid`, :class:`LedgerUnwritable`."""
        self._send(frame(Append(0, False, [row_of(record)])))

    def flush(self) -> None:
        """Return when everything posted so far is on the disk. Raises :class:`LedgerUnwritable`."""
        self._request += 1
        self._ask(Append(self._request, True, []))

    def erase(self, record: Erasure) -> int:
        """Append a signed erasure and erase what it names; return the erasure's index.

        Raises :class:`InputInvalid` if a verifier would not accept it, :class:`LedgerUnwritable`.
        """
        self._request += 1
        return self._ask(Erase(self._request, row_of(record)))

    def close(self) -> None:
        """Disconnect. What was posted is still committed; call :meth:`flush` first to be sure of it."""
        self._sock.close()

    def __enter__(self) -> SyncRecorderClient:
        """Return the client."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()

    def _ask(self, message: Append | Erase) -> int:
        self._send(frame(message))
        while True:
            for payload in self._payloads():
                answer = from_recorder.decode(payload)
                if isinstance(answer, Lost):
                    self.lost += answer.count
                elif isinstance(answer, Space):
                    self.low = answer.low
                elif isinstance(answer, Failed):
                    raise (InputInvalid if answer.invalid else LedgerUnwritable)(answer.message, answer.remedy)
                elif isinstance(answer, Done) and answer.request == message.request:
                    return answer.first

    def _send(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise _gone() from error

    def _payloads(self) -> list[bytes]:
        try:
            data = self._sock.recv(_READ_BYTES)
            self._incoming += data
            payloads = split(self._incoming)
        except (OSError, FrameTooLong) as error:
            raise _gone() from error
        if not data:
            raise _gone()
        return payloads


def _portions(rows: list[Row]) -> list[list[Row]]:
    portions: list[list[Row]] = []
    size = _MESSAGE_BYTES
    for row in rows:
        if size + len(row.body) > _MESSAGE_BYTES:
            portions.append([])
            size = 0
        portions[-1].append(row)
        size += len(row.body) + 256
    return portions


def _gone() -> LedgerUnwritable:
    return LedgerUnwritable("the recorder is gone", "Open another client; the recorder is then started anew.")
