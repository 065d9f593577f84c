"""The asyncio client of the recorder: durable appends that many callers share, and posts that nobody waits for.

Appends of one turn of the event loop travel together, in the order in which they were made; while messages are on their
way, further ones collect. So 64 acts that are open at once cost the recorder a few commits, not 64. A message leaves as soon
as it holds enough of them: waiting for the turn's end, client and recorder would work by turns, and never both.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vigiles.ledger import answers, wire
from vigiles.ledger.connect import connect_or_start
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.wire import GIVEN_UP, Row, row_of
from vigiles.model.attribution import NOBODY
from vigiles.model.errors import InputInvalid, LedgerUnwritable
from vigiles.model.observation.base import Observation
from vigiles.model.observation.sensor import Gap
from vigiles.model.union import Recorded

#: Messages at one time that somebody waits for; the next one collects meanwhile.
_IN_FLIGHT = 2
#: Appends that make a message worth sending before the turn of the event loop is over.
_ENOUGH = 16
#: The last part in so many of the queue is kept for what is not an observation: what was concluded, decided and done.
_SPARE = 10
#: Longest wait of a post in the client, seconds; the recorder adds its own, 50 ms together.
_LINGER_S = 0.008
#: Bytes of an act that is still taken while space is low, until its episode has been ended.
_SMALL_ACT = 4096
_LOW = "the ledger's disk is full, and what is left is kept for episodes that run"
_GONE_REMEDY = "Start the work again; the recorder is then started anew. Look at recorder.log in the home directory."


@dataclass(slots=True)
class _Waiter:
    future: asyncio.Future[int]
    offset: int


@dataclass(slots=True)
class _Batch:
    rows: list[Row] = field(default_factory=list)
    waiters: list[_Waiter] = field(default_factory=list)
    posted: int = 0
    sent: int = 0
    bytes: int = 0
    durable: bool = False


class RecorderClient(asyncio.Protocol):
    """Append to one home's ledger. Made by :meth:`connect`; belongs to one event loop."""

    def __init__(self, home: Path, queue_bytes: int) -> None:
        self.home = home
        #: Posted records that could not be recorded so far; a ``gap`` record tells of them as soon as one can be written.
        self.lost = 0
        #: Since when the ledger has taken nothing, on the loop's clock; None while it takes what it is given.
        self.failing_since: float | None = None
        #: Whether the disk is full and the recorder lives on its reserve: no episode begins, and observations are lost.
        self.low = False
        self._untold = 0
        self._queue_bytes = queue_bytes
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._sock: socket.socket | None = None
        self._incoming = bytearray()
        self._batches: deque[_Batch] = deque([_Batch()])
        self._queued = 0
        self._flying: dict[int, _Batch] = {}
        self._waited = 0
        self._request = 0
        self._scheduled: asyncio.Handle | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._writable = True
        self._closed = False
        self._reconnecting = asyncio.Lock()

    @classmethod
    async def connect(cls, home: Path, *, queue_bytes: int = 32 << 20) -> RecorderClient:
        """Return a client, starting the recorder if none runs. ``queue_bytes`` bounds what posts may hold in memory.

        Raises :class:`LedgerUnwritable`, :class:`LedgerInvalid`, :class:`InputInvalid` or :class:`ProcessLost`.
        """
        client = cls(home, queue_bytes)
        await client._reconnect()
        return client

    async def append(self, records: Sequence[Recorded], durable: bool = True) -> list[int]:
        """Append records in order, as one unit, and return their indexes once they are committed.

        ``durable`` commits at once (group commit); otherwise the commit comes within 50 ms. Raises
        :class:`LedgerUnwritable`, and then none of them was written as far as the recorder could tell, or
        :class:`InputInvalid` if a record cannot be recorded at all.
        """
        rows = [row_of(record) for record in records]
        await self._ready()
        if self.low and any(row.type == "episode_opened" or _is_large_act(row) for row in rows):
            raise LedgerUnwritable(_LOW, f"Make room on the disk of {self.home}; then begin again, some seconds later.")
        first = await self._enqueue(rows, durable)
        return list(range(first, first + len(rows)))

    def post(self, record: Recorded) -> None:
        """Append a record within 50 ms, in order with what else this client appends, without waiting.

        If the queue is full the record is dropped and counted in :attr:`lost`; observations, which a workload can make at
        will, are dropped while there still is room for other records. Raises :class:`InputInvalid` like
        :meth:`append`, :class:`LedgerUnwritable` after :meth:`close`.
        """
        if self._closed:
            raise LedgerUnwritable("the ledger client is closed", "Post before closing it.")
        row = row_of(record)
        room = self._queue_bytes - (self._queue_bytes // _SPARE if isinstance(record, Observation) else 0)
        if self._queued + len(row.body) > room or (self.low and row.type in GIVEN_UP):
            self._lose(1)
        else:
            self._post_row(row)

    @property
    def connected(self) -> bool:
        """Whether there is a recorder at the other end; an append or a flush connects again."""
        return self._transport is not None

    @property
    def crowded(self) -> bool:
        """Whether more than half of the queue is taken: time for whoever can wait to do so."""
        return self._queued > self._queue_bytes // 2

    async def flush(self) -> None:
        """Return when everything posted so far is on the disk. Raises :class:`LedgerUnwritable`."""
        await self._ready()
        await self._enqueue([], True)

    async def close(self) -> None:
        """Flush and disconnect. Raises :class:`LedgerUnwritable` if what was posted could not be written."""
        if self._closed:
            return
        try:
            if self._transport is not None or self._queued:
                await self.flush()
        finally:
            self._closed = True
            self._abandon()
            if self._transport is not None:
                self._transport.abort()
                self._transport = None

    def forked(self) -> None:
        """Let go of the connection in a forked child: the recorder tells a supervisor's death by its end."""
        if self._sock is not None:
            self._sock.close()

    async def _ready(self) -> None:
        if self._closed:
            raise LedgerUnwritable("the ledger client is closed", "Open another.")
        if self._transport is None:
            await self._reconnect()

    async def _reconnect(self) -> None:
        async with self._reconnecting:
            if self._transport is None:
                sock: socket.socket = await asyncio.to_thread(connect_or_start, self.home)
                sock.setblocking(False)
                self._sock = sock
                await self._loop.create_unix_connection(lambda: self, sock=sock)

    def _enqueue(self, rows: list[Row], durable: bool) -> asyncio.Future[int]:
        future: asyncio.Future[int] = self._loop.create_future()
        batch = self._batch_for(sum(len(row.body) for row in rows))
        batch.waiters.append(_Waiter(future, len(batch.rows)))
        batch.rows += rows
        batch.durable |= durable
        self._schedule(durable)
        return future

    def _post_row(self, row: Row) -> None:
        batch = self._batch_for(len(row.body))
        batch.rows.append(row)
        batch.posted += 1
        self._schedule(batch.durable)

    def _batch_for(self, size: int) -> _Batch:
        if self._batches[-1].bytes and self._batches[-1].bytes + size > answers.MESSAGE_BYTES:
            self._batches.append(_Batch())
        self._batches[-1].bytes += size
        self._queued += size
        return self._batches[-1]

    def _schedule(self, soon: bool) -> None:
        if self._transport is None:
            return
        if soon and self._waited < _IN_FLIGHT and len(self._batches[0].waiters) >= _ENOUGH:
            self._send()
        elif self._scheduled is not None:
            return
        elif soon or len(self._batches) > 1:
            if self._waited < _IN_FLIGHT:
                self._scheduled = self._loop.call_soon(self._send)
        elif self._lingering is None:
            self._lingering = self._loop.call_later(_LINGER_S, self._send)

    def _send(self) -> None:
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        while self._transport is not None and self._writable and self._waited < _IN_FLIGHT:
            batch = self._batches[0]
            if not batch.rows and not batch.waiters:
                return
            self._batches.popleft()
            if not self._batches:
                self._batches.append(_Batch())
            self._queued -= batch.bytes
            # Posts ask for an answer too: what is not answered when the connection breaks counts as lost.
            self._request += 1
            self._flying[self._request] = batch
            self._waited += bool(batch.waiters)
            self._transport.write(wire.frame(wire.Append(self._request, batch.durable, batch.rows)))
            batch.sent, batch.rows = len(batch.rows), []

    def _landed(self, request: int) -> _Batch:
        batch = self._flying.pop(request)
        self._waited -= bool(batch.waiters)
        return batch

    def _failing(self) -> None:
        if self.failing_since is None:
            self.failing_since = self._loop.time()

    def _lose(self, count: int) -> None:
        self.lost += count
        self._untold += count

    def _give_up(self) -> None:
        """Drop the observations that wait: the reserve is for what else waits."""
        for batch in self._batches:
            if batch.waiters:
                continue  # their indexes count on these rows
            kept = [row for row in batch.rows if row.type not in GIVEN_UP]
            lost, size = len(batch.rows) - len(kept), sum(len(row.body) for row in kept)
            self._queued -= batch.bytes - size
            batch.rows, batch.bytes, batch.posted = kept, size, batch.posted - lost
            self._lose(lost)

    def _tell_loss(self) -> None:
        """Loss is never silent: as soon as the ledger takes records again it learns how many it missed."""
        count, self._untold = self._untold, 0
        gap = Gap(
            id=new_id("obs"),
            at=now(),
            sensor="recorder",
            attribution=NOBODY,
            what="lost_records",
            count=count,
        )
        self._post_row(row_of(gap))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio: (re)connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.failing_since = None
        self.low = False  # it says so at once if it is
        self._writable = True
        self._incoming.clear()
        self._send()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: answers."""
        self._incoming += data
        try:
            messages = answers.taken(self._incoming)
        except answers.Unreadable:
            if self._transport is not None:
                self._transport.abort()
            return
        for message in messages:
            if isinstance(message, wire.Done):
                batch = self._landed(message.request)
                if batch.sent:
                    self.failing_since = None
                for waiter in batch.waiters:
                    if not waiter.future.done():
                        waiter.future.set_result(message.first + waiter.offset)
                if self._untold:
                    self._tell_loss()
            elif isinstance(message, wire.Failed) and message.request:
                batch = self._landed(message.request)
                if not message.invalid and (batch.waiters or not self.low):
                    self._failing()
                self._fail(batch, answers.failure(message))
            elif isinstance(message, wire.Lost):
                self._lose(message.count)
            elif isinstance(message, wire.Space):
                self.low = message.low
                if message.low:
                    self._give_up()
        if self._batches[0].rows or self._batches[0].waiters:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio: what was on its way may or may not be written, so its callers are told that it failed."""
        self._transport = None
        self._failing()
        self._abandon()

    def pause_writing(self) -> None:
        """Called by asyncio: the recorder is behind."""
        self._writable = False

    def resume_writing(self) -> None:
        """Called by asyncio: the recorder caught up."""
        self._writable = True
        self._send()

    def _abandon(self) -> None:
        """Fail every waiter and count posts that were not answered; those not yet sent stay for the next connection.

        Nothing is sent twice: it may have been written, and no id may stand in a ledger twice.
        """
        error = answers.gone(_GONE_REMEDY)
        for batch in self._flying.values():
            self._fail(batch, error)
        self._flying.clear()
        self._waited = 0
        kept: deque[_Batch] = deque()
        for batch in self._batches:
            if batch.waiters:
                self._fail(batch, error)
                self._queued -= batch.bytes
            elif batch.rows:
                kept.append(batch)
        self._batches = kept or deque([_Batch()])

    def _fail(self, batch: _Batch, error: InputInvalid | LedgerUnwritable) -> None:
        self._lose(batch.posted)
        for waiter in batch.waiters:
            if not waiter.future.done():
                waiter.future.set_exception(type(error)(str(error), error.remedy))


def _is_large_act(row: Row) -> bool:
    return row.type == "act" and len(row.body) > _SMALL_ACT
