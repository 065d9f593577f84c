"""The recorder's loop: many clients, one writer, group commit.

One thread and one selector. While a commit is on its way to the disk, further appends collect in the sockets; the next round
takes them all. Bodies are opaque: nothing here looks into what a client sends, save for erasures.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vigiles.ledger.book import Book
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.orphans import OpenEpisodes
from vigiles.ledger.reserve import Reserve
from vigiles.ledger.store import DiskFull
from vigiles.ledger.wire import (
    GIVEN_UP,
    PROTOCOL,
    UNREADABLE,
    Append,
    Done,
    Erase,
    Failed,
    FrameTooLong,
    FromRecorder,
    Hello,
    Lost,
    Row,
    Space,
    Welcome,
    frame,
    row_of,
    split,
    to_recorder,
)
from vigiles.model.errors import LedgerUnwritable, VigilesError

_READ_BYTES = 1 << 20
_MAX_UNSENT_BYTES = 4 << 20
_UCRED = struct.Struct("3i")
#: What accept(2) says where neither this process nor the machine has room for one more, and for how long it is then left.
_NO_ROOM, _REST_S = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM), 0.2
_LOW = "the ledger's disk is full: what is seen is not recorded"
_MAKE_ROOM = "Make room on the disk; recording goes on by itself within seconds."


@dataclass(frozen=True)
class Timing:
    """Seconds: the longest wait of a non-durable append, between checkpoints, without clients before leaving, and between
    looks for room on the disk while it is low.
    """

    group_s: float = 0.03
    checkpoint_s: float = 0.9
    idle_exit_s: float = 10.0
    space_s: float = 2.0


@dataclass(eq=False)
class _Peer:
    sock: socket.socket
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    episodes: OpenEpisodes = field(default_factory=OpenEpisodes)
    greeted: bool = False
    closed: bool = False


class Service:
    """Serve ``listener`` until :meth:`stop`, or until nobody has been connected for ``idle_exit_s``.

    ``signed`` is called after each checkpoint; it may not wait.
    """

    def __init__(
        self,
        book: Book,
        listener: socket.socket,
        complain: Callable[[str], None],
        timing: Timing | None = None,
        reserve: Reserve | None = None,
        signed: Callable[[], None] | None = None,
    ) -> None:
        self._book = book
        self._listener = listener
        self._complain = complain
        self._timing = timing or Timing()
        self._reserve = reserve
        self._signed = signed
        self._look_for_space: float | None = None if reserve is None else time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._peers: set[_Peer] = set()
        self._pending: list[tuple[_Peer, Append]] = []
        self._pending_since: float | None = None
        self._urgent = False
        self._unsigned_since: float | None = None
        self._idle_since: float | None = time.monotonic()
        self._accept_again: float | None = None
        self._stopping = False
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)

    def stop(self) -> None:
        """Ask the loop to end; safe to call from a signal handler."""
        self._stopping = True
        try:
            self._wake_write.send(b"x")
        except OSError:
            pass

    def run(self) -> None:
        """Serve. On return all that was accepted is committed, a last checkpoint is signed and the book is closed."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        if self._book.unsigned:
            self._unsigned_since = time.monotonic() - self._timing.checkpoint_s
        while not self._stopping:
            for key, mask in self._selector.select(self._wait()):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.data is not None:
                    if mask & selectors.EVENT_READ:
                        self._read(key.data)
                    if mask & selectors.EVENT_WRITE and not key.data.closed:
                        self._send(key.data)
            self._turn()
        self._finish()

    def _wait(self) -> float | None:
        """Seconds until the next deadline."""
        timing = self._timing
        deadlines = [
            since + length
            for since, length in (
                (self._pending_since, timing.group_s),
                (self._unsigned_since, timing.checkpoint_s),
                (self._idle_since, timing.idle_exit_s),
                (self._look_for_space, 0.0),
                (self._accept_again, 0.0),
            )
            if since is not None
        ]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _turn(self) -> None:
        now = time.monotonic()
        if self._urgent or (self._pending_since is not None and now - self._pending_since >= self._timing.group_s):
            self._commit()
        due = 0.0 if not self._peers else self._timing.checkpoint_s  # whoever verifies next finds everything signed
        if self._unsigned_since is not None and now - self._unsigned_since >= due and not self._pending:
            self._sign()
        if self._look_for_space is not None and now >= self._look_for_space:
            self._set_aside()
        if self._accept_again is not None and now >= self._accept_again:
            self._accept_again = None
            self._selector.register(self._listener, selectors.EVENT_READ, None)
        if self._idle_since is not None and now - self._idle_since >= self._timing.idle_exit_s:
            self._stopping = True

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError as error:
            if error.errno in _NO_ROOM:
                self._rest(error)
            return
        _, uid, _ = _UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
        if uid not in (0, os.geteuid()):
            self._complain(f"refused a client of user {uid}")
            sock.close()
            return
        sock.setblocking(False)
        peer = _Peer(sock)
        self._peers.add(peer)
        self._idle_since = None
        self._selector.register(sock, selectors.EVENT_READ, peer)

    def _rest(self, error: OSError) -> None:
        """Leave who wants to connect waiting for a moment: no descriptor is free, and looking again at once would be all
        that is done.
        """
        self._complain(f"cannot take a client: {error.strerror}")
        self._selector.unregister(self._listener)
        self._accept_again = time.monotonic() + _REST_S

    def _read(self, peer: _Peer) -> None:
        try:
            data = peer.sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(peer)
            return
        peer.incoming += data
        try:
            for payload in split(peer.incoming):
                self._take(peer, to_recorder.decode(payload))
        except (FrameTooLong, *UNREADABLE) as error:
            self._complain(f"malformed message: {error}")
            self._answer(peer, Failed(0, True, f"malformed message: {error}", "Use the client of this version."))
            self._drop(peer)

    def _take(self, peer: _Peer, message: Hello | Append | Erase) -> None:
        if isinstance(message, Hello):
            peer.greeted = message.protocol == PROTOCOL
            self._answer(peer, Welcome(PROTOCOL, self._book.origin, self._book.size))
            if self._low:
                self._answer(peer, Space(True))
        elif not peer.greeted:
            self._answer(peer, Failed(message.request, True, "say hello first", "Use the client of this version."))
        elif isinstance(message, Erase):
            self._commit()
            self._erase(peer, message)
        else:
            why = next(filter(None, map(self._book.refusal, message.rows)), None)
            if why is not None:
                self._fail(peer, message, True, why, "Append it as docs/format.md says.")
                return
            if self._low and message.rows and all(row.type in GIVEN_UP for row in message.rows):
                self._fail(peer, message, False, _LOW, _MAKE_ROOM)
                return
            self._pending.append((peer, message))
            self._urgent = self._urgent or message.durable
            if self._pending_since is None:
                self._pending_since = time.monotonic()

    def _commit(self) -> None:
        pending, self._pending = self._pending, []
        self._pending_since, self._urgent = None, False
        rows: list[Row] = []
        for _, message in pending:
            rows += message.rows
        try:
            first = self._append(rows) if rows else self._book.size
        except (VigilesError, ValueError) as error:
            self._complain(str(error))
            remedy = error.remedy if isinstance(error, VigilesError) else ""
            for peer, message in pending:
                self._fail(peer, message, False, str(error), remedy)
            return
        if rows and self._unsigned_since is None:
            self._unsigned_since = time.monotonic()
        for peer, message in pending:
            for row in message.rows:
                peer.episodes.committed(row)
        for peer, message in pending:
            if message.request:
                self._answer(peer, Done(message.request, first))
            first += len(message.rows)

    def _append(self, rows: list[Row]) -> int:
        """Append, at the cost of the reserve if the disk is full. Raises :class:`LedgerUnwritable`."""
        try:
            return self._book.append(rows)
        except LedgerUnwritable as error:
            if not self._make_room(error):
                raise
        return self._book.append(rows)

    @property
    def _low(self) -> bool:
        return self._reserve is not None and self._reserve.low

    def _make_room(self, error: LedgerUnwritable) -> bool:
        """Give the reserve free if the disk is full and it is still there; tell everybody. Return whether it was."""
        if self._reserve is None or not (isinstance(error, DiskFull) or self._reserve.is_full()):
            return False
        if self._low or not self._reserve.give_free():
            return False
        self._complain(f"{error}: the reserve of {self._reserve.size} bytes is given free")
        self._look_for_space = time.monotonic() + self._timing.space_s
        self._tell_space()
        return True

    def _set_aside(self) -> None:
        """Look whether the reserve can be set aside (again), and tell everybody if that changed anything."""
        assert self._reserve is not None
        was_low = self._low
        self._reserve.set_aside()
        self._look_for_space = time.monotonic() + self._timing.space_s if self._low else None
        if self._low != was_low:
            self._tell_space()

    def _tell_space(self) -> None:
        # Imported here: the recorder knows no record classes until it has to make a record itself.
        from vigiles.model.space import LedgerSpace

        assert self._reserve is not None
        record = LedgerSpace(
            id=new_id("rec"),
            at=now(),
            state="low" if self._low else "ample",
            free_bytes=self._reserve.free_bytes(),
            reserve_bytes=self._reserve.size,
        )
        try:
            self._book.append([row_of(record)])
            self._unsigned_since = self._unsigned_since or time.monotonic()
        except LedgerUnwritable as error:
            self._complain(str(error))
        for peer in list(self._peers):
            if peer.greeted:
                self._answer(peer, Space(self._low))

    def _erase(self, peer: _Peer, message: Erase) -> None:
        try:
            index = self._book.erase(message.row)
        except VigilesError as error:
            self._answer(peer, Failed(message.request, error.exit_code == 100, str(error), error.remedy))
            return
        self._unsigned_since = self._unsigned_since or time.monotonic()
        self._answer(peer, Done(message.request, index))

    def _fail(self, peer: _Peer, message: Append, invalid: bool, why: str, remedy: str) -> None:
        if message.request:
            self._answer(peer, Failed(message.request, invalid, why, remedy))
        else:
            self._answer(peer, Lost(len(message.rows)))

    def _sign(self) -> None:
        try:
            self._book.sign()
            self._unsigned_since = None
            if self._signed is not None:
                self._signed()
        except VigilesError as error:
            if isinstance(error, LedgerUnwritable) and self._make_room(error):
                return
            self._complain(str(error))
            self._unsigned_since = time.monotonic()

    def _answer(self, peer: _Peer, message: FromRecorder) -> None:
        if not peer.closed:
            peer.outgoing += frame(message)
            self._send(peer)

    def _send(self, peer: _Peer) -> None:
        try:
            sent = peer.sock.send(peer.outgoing)
            del peer.outgoing[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(peer)
            return
        if len(peer.outgoing) > _MAX_UNSENT_BYTES:
            self._complain("dropped a client that does not read its answers")
            self._drop(peer)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.outgoing else 0)
        if self._selector.get_key(peer.sock).events != events:
            self._selector.modify(peer.sock, events, peer)

    def _drop(self, peer: _Peer) -> None:
        if peer.closed:
            return
        peer.closed = True
        self._selector.unregister(peer.sock)
        peer.sock.close()
        self._peers.discard(peer)
        self._bury(peer)
        if not self._peers:
            self._idle_since = time.monotonic()
            self._urgent = self._urgent or bool(self._pending)

    def _bury(self, peer: _Peer) -> None:
        """Record the ends of the episodes of a client that is gone, after what it had still sent of them."""
        if self._stopping:
            return  # it is us who go, and nobody's episode ends by that
        if any(client is peer for client, _ in self._pending):
            self._commit()
        ends = peer.episodes.ends()
        if ends:
            self._pending.append((peer, Append(0, True, ends)))
            self._pending_since = time.monotonic() - self._timing.group_s

    def _finish(self) -> None:
        self._commit()
        self._sign()
        # Before the peers are let go: to a client, the end of the connection means that the files are settled.
        self._book.close()
        if self._reserve is not None:
            self._reserve.clear()
        for peer in list(self._peers):
            self._drop(peer)
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()
