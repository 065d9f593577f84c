"""One flow as a talk: its reads put together to turns, its turns to the two kinds of event that matter.

A client reacts within milliseconds, for the door stands beside it; the far side within a round trip. So a client's turn
after a quiet quarter of a second was its own idea, and a far side's turn was nobody's wish where the turn before was its own
too.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from vigiles.model.observation.flow import Chunk, Flow

#: Reads of one side with a shorter pause between them are one turn.
_MERGE_US = 60_000
#: A client's turn after this much quiet was its own idea; an answer within this long came at once.
_QUIET_US, _ANSWER_US = 250_000, 1_500_000
#: What nobody asked for comes after this much silence; a poll is held at least this long.
_UNASKED_US, _HELD_US = 1_000_000, 3_000_000
#: The set-up of a connection: so many turns, so long; nothing in it is an event.
_SETUP_TURNS, _SETUP_US = 4, 3_000_000
#: Smaller turns are keepalives, whatever they say, and smaller pushes bring no work; bytes on the wire.
_REPORT_BYTES, _PUSH_BYTES = 60, 90
_EVENTS, _TURNS = 512, 1024


class Report(NamedTuple):
    """The client's message and the far side's answer, bytes. ``at_us``: monotonic time; ``silence``: before it."""

    at_us: int
    size: int
    answer: int
    silence: int


class Push(NamedTuple):
    """Any other message of the far side. ``unasked``: nobody asked for it, or it answers a poll that was held."""

    at_us: int
    size: int
    unasked: bool


class Word(NamedTuple):
    """Any other message of the client: to a push, into a silence, or never answered."""

    at_us: int
    size: int


class _Turn(NamedTuple):
    began_us: int
    ended_us: int
    side: str
    size: int


class Talk:
    """Feed a flow's records; read ``events``. Times are monotonic microseconds."""

    def __init__(self) -> None:
        self.began_us = 0
        self.last_us = 0
        self.record = ""
        self.wall_us = 0
        self.closed = False
        self.events: deque[Report | Push | Word] = deque(maxlen=_EVENTS)
        self.sizes: deque[tuple[int, int]] = deque(maxlen=_TURNS)
        self.set_up_us = 0
        self._reads = 0
        self._later_us = -1
        self._turns = 0
        self._open: _Turn | None = None
        self._before: _Turn | None = None
        self._asked: _Turn | None = None
        self._awaiting: _Turn | None = None
        self._held: Push | None = None
        self._silence = 0

    def feed(self, flow: Flow) -> None:
        """Take the flow's next state."""
        if not self.record:
            self.began_us = flow.at.mono_us - flow.duration_us
            self.set_up_us = self.began_us
            self.record, self.wall_us = flow.id, flow.at.wall_us
        for chunk in flow.chunks[self._reads :]:
            self._read(chunk)
        self._reads = max(self._reads, len(flow.chunks))
        for chunk in flow.later:
            if chunk.at_us > self._later_us:
                self._later_us = chunk.at_us
                self._read(chunk)
        self.closed = self.closed or flow.phase in ("close", "refused")
        self.settle(flow.at.mono_us)

    def settle(self, now_us: int) -> None:
        """Close the open turn, if time has done so."""
        if self._open is not None and now_us - self._open.ended_us > _MERGE_US:
            self._close()

    def _read(self, chunk: Chunk) -> None:
        at_us = self.began_us + chunk.at_us
        self.last_us = at_us
        turn = self._open
        if turn is not None and turn.side == chunk.direction and at_us - turn.ended_us <= _MERGE_US:
            self._open = turn._replace(ended_us=at_us, size=turn.size + chunk.size)
            return
        if turn is not None:
            self._close()
        self._open = _Turn(at_us, at_us, chunk.direction, chunk.size)

    def _close(self) -> None:
        turn, before = self._open, self._before
        assert turn is not None
        self._open, self._before = None, turn
        self._turns += 1
        if self._turns <= _SETUP_TURNS or turn.began_us - self.began_us < _SETUP_US:
            self.set_up_us = turn.ended_us
            self._awaiting = turn if turn.side == "o" else None
            return
        self.sizes.append((turn.began_us, turn.size))
        silence = turn.began_us - before.ended_us if before is not None else 0
        if turn.side == "o":
            self._from_client(turn, silence)
        else:
            self._from_server(turn, before, silence)

    def _from_client(self, turn: _Turn, silence: int) -> None:
        if self._held is not None:  # where the client asks again at once, it was a poll
            self.events.append(self._held._replace(unasked=silence < _UNASKED_US))
            self._held = None
        self._awaiting = self._awaiting or turn
        if self._asked is not None:
            self.events.append(Word(self._asked.began_us, self._asked.size))
        self._silence, self._asked = silence, None
        if turn.size < _REPORT_BYTES:
            return
        if silence >= _QUIET_US:
            self._asked = turn
        else:
            self.events.append(Word(turn.began_us, turn.size))

    def _from_server(self, turn: _Turn, before: _Turn | None, silence: int) -> None:
        asked, awaiting, held = self._asked, self._awaiting, self._held
        self._asked = self._awaiting = self._held = None
        if held is not None:
            self.events.append(held)
        if asked is not None and silence <= _ANSWER_US:
            self.events.append(Report(asked.began_us, asked.size, turn.size, self._silence))
            return
        if asked is not None:
            self.events.append(Word(asked.began_us, asked.size))
        if turn.size < _PUSH_BYTES:
            return
        elif awaiting is not None and turn.began_us - awaiting.ended_us >= _HELD_US:
            self._held = Push(turn.began_us, turn.size, False)
        else:
            unasked = awaiting is None and before is not None and before.side == "i" and silence >= _UNASKED_US
            self.events.append(Push(turn.began_us, turn.size, unasked))
