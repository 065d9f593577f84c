"""One conversation through the door and everything that was seen of it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Literal

from vigiles.cell.door.callers import Caller
from vigiles.cell.door.credentials import Paid
from vigiles.cell.door.flows.overheard import Overheard
from vigiles.cell.door.flows.report import SENSOR, Report
from vigiles.cell.door.wire import Wire
from vigiles.ledger.mint import new_id
from vigiles.model.observation.flow import Chunk, Flow, FlowPhase, Protocol
from vigiles.model.reason import ReasonCode
from vigiles.model.response import FlowSnapshot
from vigiles.protocols.dialogue import Dialogue, Side
from vigiles.protocols.honey import Stream
from vigiles.protocols.http import Fields

#: How many first reads, reads since the record before and first bytes a record keeps.
MAX_CHUNKS = 256
MAX_LATER = 64
FIRST_BYTES = 64
#: A flow whose protocol is still open after this long is recorded as it is, nanoseconds.
_UNDECIDED_NS = 1_000_000_000

#: What may be spoken inside TLS that is terminated, by ALPN name (RFC 7301), the best first.
INSIDE = ["h2", "http/1.1"]

Via = Literal["connect", "proxy", "socks", "transparent"]


class LiveFlow:
    """Records go out by themselves: ``open`` once it is let in and the protocol is known, ``update`` when a mark is learnt
    or time is due. A flow that is refused before :meth:`let_in` has one record only.

    ``task`` is the task that serves the flow: cancelling it ends the flow. Set ``reason`` first to say why.
    """

    def __init__(self, report: Report, caller: Caller, via: Via, host: str, port: int) -> None:
        self.id = new_id("flow")
        self.caller = caller
        self.via: Via = via
        self.host = host
        self.port = port
        self.address: str | None = None
        self.reason: ReasonCode = "allowed"
        self.method: str | None = None
        self.path: str | None = None
        self.extra_marks: list[str] = []
        self.task: asyncio.Task[object] | None = None
        self.dialogue = self._outer = Dialogue()
        self._report = report
        self._born = self.moved = self._told = time.monotonic_ns()
        self._let_in = False
        self._opened = False
        self._over = False
        self._dirty = False
        self._bytes: dict[Side, int] = {"o": 0, "i": 0}
        self._first: dict[Side, bytearray] = {"o": bytearray(), "i": bytearray()}
        self._chunks: list[Chunk] = []
        self._later: deque[Chunk] = deque(maxlen=MAX_LATER)
        tokens, salt = report.honey
        self._honey = Stream(tokens, salt) if tokens else None
        #: Placeholders of credentials that were heard, and what looks for those that leave.
        self._placeholders, self._leaving = report.credentials.stream(), report.credentials.stream()
        self._held: list[str] = []
        self.ended: set[Side] = set()
        #: Whether the client was told that the way is open, and whether bytes of its have left the cell.
        self.greeted = False
        #: What the client hears when it goes no further, where that is not HTTP.
        self.says: bytes | None = None
        self.passed = False
        #: The client's end of TLS that was terminated, and whether a request was read of which no answer has begun.
        self.inside: Wire | None = None
        self.waiting = False
        #: Whether the client has heard of a refusal already.
        self.told = False

    @property
    def call(self) -> int | None:
        """The call that caused it."""
        return self.caller.call

    @property
    def answered(self) -> bool:
        """Whether the destination has said anything, so that the client may have got part of an answer."""
        return self._bytes["i"] > 0

    @property
    def sent(self) -> int:
        """Bytes from the cell so far."""
        return self._bytes["o"]

    @property
    def received(self) -> int:
        """Bytes to the cell so far."""
        return self._bytes["i"]

    def age_ns(self, now_ns: int) -> int:
        """How long it has stood, nanoseconds of the monotonic clock."""
        return now_ns - self._born

    def unenforced(self, reason: ReasonCode) -> None:
        """Note, once, that enforcing would have refused it."""
        mark = f"unenforced={reason}"
        if mark not in self.extra_marks:
            self.extra_marks.append(mark)
            self._dirty = True

    @property
    def protocol(self) -> Protocol:
        """What is spoken; ``silent`` when the client has sent nothing for a while or ended without a byte."""
        known = self._outer.protocol
        silent = not self._bytes["o"] and (self._over or time.monotonic_ns() - self._born > _UNDECIDED_NS)
        return "silent" if known == "unknown" and silent else known

    def hear(self, side: Side, data: bytes | memoryview) -> None:
        """Count ``data`` and listen to it."""
        self.moved = time.monotonic_ns()
        self._bytes[side] += len(data)
        self._dirty = True
        first = self._first[side]
        if len(first) < FIRST_BYTES:
            first += data[: FIRST_BYTES - len(first)]
        reads = self._chunks if len(self._chunks) < MAX_CHUNKS else self._later
        reads.append(Chunk(at_us=(self.moved - self._born) // 1000, direction=side, size=len(data)))
        learnt = not self.dialogue.deaf(side) and self.dialogue.feed(side, kept(data))
        if side == "o" and (self._honey is not None or self._placeholders is not None):
            learnt = self._look_for_ours(kept(data)) or learnt
        if learnt and self._let_in and self.dialogue.decided:
            self._tell("update" if self._opened else "open")

    def _look_for_ours(self, data: bytes) -> bool:
        """Look for honey tokens and placeholders in what comes from the cell; return whether a mark was learnt."""
        names = [] if self._honey is None else self._honey.feed(data)
        self.extra_marks += [f"honey={name}" for name in names]
        if self._placeholders is not None:
            self._held += self._placeholders.feed(data)
        return bool(names)

    def let_in(self) -> None:
        """The way is open: from now on the flow is told of, not only its refusal."""
        self._let_in = True
        if self.dialogue.decided and not self._opened:
            self._tell("open")

    def terminate(self, client: Wire, inside: str) -> None:
        """From now on what is heard is what was inside TLS, spoken with ``client``; ``inside``: the ALPN name."""
        self.inside = client
        self.dialogue = Dialogue()
        self.method = self.path = None
        self.extra_marks += ["tls.terminated", f"tls.inside={inside}"]
        self._dirty = True

    def branch(self, client: Wire) -> LiveFlow:
        """Return the flow of one stream inside this one, whose client is ``client``."""
        child = LiveFlow(self._report, self.caller, self.via, self.host, self.port)
        child.address, child._outer, child.greeted = self.address, self._outer, True
        child.terminate(client, "h2")
        child.extra_marks.append(f"http2.in={self.id}")
        return child

    @property
    def default_port(self) -> int:
        """The port that need not be written in a Host field."""
        return 80 if self.inside is None else 443

    def end(self, side: Side) -> None:
        """One side will send nothing more."""
        self.ended.add(side)
        self.moved = time.monotonic_ns()
        self.dialogue.end(side)

    def tick(self, now_ns: int, update_ns: int) -> None:
        """Send the record that time has made due."""
        if self._over or not self._let_in:
            return
        if not self._opened:
            if now_ns - self._born >= _UNDECIDED_NS:
                self._tell("open")
        elif self._dirty and now_ns - self._told >= update_ns and not self._report.crowded:
            self._tell("update")

    def pay(self, target: str, fields: Fields) -> Paid:
        """Return a request of this flow with the door's credentials in it, where it may have them."""
        secure = self.inside is not None
        return self._report.credentials.pay(self.host, self.port, secure=secure, target=target, fields=fields)

    def misplaces(self, data: bytes | memoryview) -> bool:
        """Mark the flow for each placeholder that would leave with ``data``, which is not where its credential goes; return
        whether that is to be refused.
        """
        names = [] if self._leaving is None else self._leaving.feed(kept(data))
        if names:
            elsewhere = self._report.credentials.elsewhere(names, self.host, self.port)
            self._misplaced(elsewhere, "elsewhere")
            self._misplaced([name for name in names if name not in elsewhere], "out_of_place")
        return bool(names) and not self._report.credentials.observing

    def _misplaced(self, names: Sequence[str], how: str) -> None:
        self.extra_marks += [mark for name in names if (mark := f"credential.{how}={name}") not in self.extra_marks]
        # What is refused has its last record at once.
        if names and self._let_in and self._report.credentials.observing:
            self._tell("update" if self._opened else "open")

    def overhear(self) -> Overheard:
        """Return what listens to one more request of this flow."""
        return Overheard(self._report, self.caller, self.id, self.host, self.port)

    def refuse(self, reason: ReasonCode) -> None:
        """The door refused it; the last record."""
        self.reason = reason
        if self._held and self.host:
            self._misplaced(self._report.credentials.elsewhere(self._held, self.host, self.port), "elsewhere")
        self._finish("refused")

    def close(self) -> None:
        """It is over; the last record, with ``reason`` as it stands."""
        if self._let_in and not self._opened and not self._over:
            self._tell("open")
        refused = not self._let_in and self.reason not in ("allowed", "allowed_observe")
        self._finish("refused" if refused else "close")

    def snapshot(self) -> FlowSnapshot:
        """Return what is open now."""
        return FlowSnapshot(
            flow=self.id, call=self.call, host=self.host, port=self.port, protocol=self.protocol,
            bytes_out=self._bytes["o"], bytes_in=self._bytes["i"],
        )  # fmt: skip

    def _finish(self, phase: FlowPhase) -> None:
        if not self._over:
            self._over = True
            self._tell(phase)

    def _tell(self, phase: FlowPhase) -> None:
        self._opened = True
        self._dirty = False
        self._told = time.monotonic_ns()
        ident, at, where = self._report.head(self.caller)
        later = list(self._later)
        self._later.clear()
        self._report.send(
            Flow(
                id=ident,
                at=at,
                coordinates=where,
                sensor=SENSOR,
                attribution=self.caller.attribution,
                flow=self.id,
                phase=phase,
                via=self.via,
                host=self.host,
                port=self.port,
                address=self.address,
                protocol=self.protocol,
                sni=self._outer.sni,
                method=self.method or self.dialogue.method,
                path=self.path or self.dialogue.path,
                reason=self.reason,
                bytes_out=self._bytes["o"],
                bytes_in=self._bytes["i"],
                duration_us=(self._told - self._born) // 1000,
                first_out=self._first["o"].hex(),
                first_in=self._first["i"].hex(),
                marks=self._marks(),
                chunks=self._chunks,
                later=later,
                pid=self.caller.pid,
            )
        )

    def _marks(self) -> list[str]:
        inner = self.dialogue.marks if self.inside is not None else []
        return [*self.extra_marks, *self._outer.marks, *inner]


def kept(data: bytes | memoryview) -> bytes:
    """Return ``data`` as bytes that stay as they are; copied only where it is a view of a room that is read into again."""
    return data if isinstance(data, bytes) else bytes(data)
