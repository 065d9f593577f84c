"""Floods: what a call does thousands of times is recorded one by one at first, then in numbers, and nothing uncounted.

Pure: records go in, records come out, and the time is the records' own. Observations of one kind, fate, call and attribution
are a *class*; within it each program, destination, name or folder is a *thing*. A thing has a bucket of tokens and so has
its class; an observation that gets a token of both is passed on as it is. The others are counted, and every so often a
:class:`~vigiles.model.observation.flood.Flood` tells of them. So the numbers add up: what went in is what came out one by
one plus the counts.

What the detectors need is not lost. A refusal never competes with what was let through, for they are different classes. The
second half of a class's tokens is kept for things that are new in it, so many destinations show as many. An observation
that may tell something all by itself (``telling``) has tokens of its own, and so has what a telling process does. A flow or
a process whose beginning was passed on is passed on to its end.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from vigiles.model.observation.base import Observation
from vigiles.model.observation.flood import Flood, FloodKind, Thing
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.model.plain import text
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.sensors.flood_face import Face, face_of, words_of

K = TypeVar("K")
V = TypeVar("V")

_SECOND = 1_000_000
#: Seconds from the first of a flood to its record: the first time, and at most, doubled each time while it goes on.
_FIRST_S, _LONGEST_S = 1, 10
_THINGS, _THINGS_COUNTED, _DISTINCT, _SAMPLES, _DIGESTS = 16, 256, 1024, 8, 32
_WORDS, _WORD = 16, 256
#: Most that is remembered: classes, things of all classes together, processes and flows passed on.
_CLASSES, _KEYS, _FOLLOWED = 512, 16_384, 4096


@dataclass(frozen=True)
class Rate:
    """How many of one thing and of one class are passed on: at once, and then each second.

    A build starts one compiler some hundred times, a test suite connects to one port as often: up to that everything stays
    one by one. One a second for each thing keeps whatever goes on in every window that a detector looks at.
    """

    thing: int = 200
    thing_again: int = 1
    whole: int = 4000
    whole_again: int = 2


RATE = Rate()
#: A look at files brings all changes at once, and a folder may hold a project; see :mod:`vigiles.runtime.watching.files`.
FILES = Rate(thing=5000, whole=10_000)


@dataclass
class _Bucket:
    left: float
    at: int

    def fill(self, now: int, most: int, again: int) -> float:
        self.left = min(most, self.left + max(0, now - self.at) * again / _SECOND)
        self.at = max(self.at, now)
        return self.left


@dataclass
class _Class:
    """One class, and those of it that wait to be told in numbers; ``first`` None: none does."""

    kind: FloodKind
    what: str
    whole: _Bucket
    telling: _Bucket
    like: Observation
    interval: int = _FIRST_S * _SECOND
    due: int = 0
    count: int = 0
    first: Stamp | None = None
    last: Stamp | None = None
    things: Counter[str] = field(default_factory=Counter)
    contents: set[bytes] = field(default_factory=set)
    samples: list[list[str]] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    sums: Counter[str] = field(default_factory=Counter)


class Floods:
    """One episode's floods. ``telling``: whether an observation may matter whatever else was recorded."""

    def __init__(
        self,
        fresh_id: Callable[[], str],
        telling: Callable[[Observation], bool] = lambda _: False,
        rate: Rate = RATE,
        files: Rate = FILES,
    ) -> None:
        self._fresh_id = fresh_id
        self._telling = telling
        self._rate = rate
        self._files = files
        self._classes: OrderedDict[Hashable, _Class] = OrderedDict()
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()
        self._processes: OrderedDict[int, bool] = OrderedDict()
        self._flows: OrderedDict[str, None] = OrderedDict()

    def take(self, record: Recorded) -> list[Recorded]:
        """Return what is to be recorded now: the record itself, or a flood that is due, or nothing yet."""
        face = face_of(record) if isinstance(record, Observation) else None
        if face is None or not isinstance(record, Observation):
            return [record]
        told = record.attribution
        contradicted = bool(told.disagreement)
        key = (face.kind, face.what, record.sensor, contradicted, told.grade, told.call, *told.methods, *told.candidates)
        out: list[Recorded] = []
        one = self._class(key, face, record, out)
        if self._passes(record, one, key, face.thing):
            self._follow(record)
            return [*out, record]
        self._fold(record, one, face.thing)
        if record.at.mono_us >= one.due:
            out.append(self._tell(one, record.at))
        return out

    def settle(self, now: Stamp) -> list[Flood]:
        """Return the floods that are due at ``now``, oldest class first."""
        return [self._tell(one, now) for one in self._classes.values() if one.count and now.mono_us >= one.due]

    def flush(self, now: Stamp, call: int | None = None) -> list[Flood]:
        """Return all floods that wait (of one call): it is over, or the episode is."""
        waiting = [one for one in self._classes.values() if one.count]
        return [self._tell(one, now) for one in waiting if call is None or one.like.attribution.call == call]

    def _class(self, key: Hashable, face: Face, record: Observation, out: list[Recorded]) -> _Class:
        """Return the class; ``out`` gets what has to be told because a new one takes the place of the oldest."""
        one = self._classes.get(key)
        if one is not None:
            self._classes.move_to_end(key)
            return one
        rate, now = self._rates(face.kind), record.at.mono_us
        one = self._classes[key] = _Class(face.kind, face.what, _Bucket(rate.whole, now), _Bucket(rate.whole, now), record)
        if len(self._classes) > _CLASSES:
            _, oldest = self._classes.popitem(last=False)
            if oldest.count:
                out.append(self._tell(oldest, record.at))
        return one

    def _rates(self, kind: FloodKind) -> Rate:
        return self._files if kind == "file_change" else self._rate

    def _passes(self, record: Observation, one: _Class, key: Hashable, thing: str) -> bool:
        if isinstance(record, ProcessExit) and record.pid in self._processes:
            return True
        if isinstance(record, Flow) and record.phase != "update" and record.flow in self._flows:
            return True
        contradicted = tuple(record.attribution.disagreement)
        if self._draw(one, one.whole, (key, thing, contradicted), record.at.mono_us):
            return True
        telling = self._telling(record) or (isinstance(record, Connect | ProcessStart) and self._processes.get(record.pid))
        content = (key, thing, contradicted, _digest(words_of(record))) if telling else None
        return content is not None and self._draw(one, one.telling, content, record.at.mono_us)

    def _draw(self, one: _Class, whole: _Bucket, key: Hashable, now: int) -> bool:
        """Take a token of the thing and of the whole, or of neither."""
        rate = self._rates(one.kind)
        bucket = self._buckets.get(key)
        new = bucket is None
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate.thing, now)
            if len(self._buckets) > _KEYS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        kept_for_new = 0 if new else rate.whole // 2
        left = whole.fill(now, rate.whole, rate.whole_again) - kept_for_new
        if bucket.fill(now, rate.thing, rate.thing_again) < 1 or left < 1:
            return False
        bucket.left -= 1
        whole.left -= 1
        return True

    def _follow(self, record: Observation) -> None:
        """Remember whose end is to be passed on too."""
        if isinstance(record, ProcessStart):
            _remember(self._processes, record.pid, self._telling(record))
        elif isinstance(record, ProcessExit):
            self._processes.pop(record.pid, None)
        elif isinstance(record, Flow):
            if record.phase in ("close", "refused"):
                self._flows.pop(record.flow, None)
            else:
                _remember(self._flows, record.flow, None)

    def _fold(self, record: Observation, one: _Class, thing: str) -> None:
        at = record.at
        if not one.count or one.first is None or one.last is None:
            one.like, one.first, one.last, one.due = record, at, at, at.mono_us + one.interval
        if at.mono_us < one.first.mono_us:
            one.first = at
        if at.mono_us > one.last.mono_us:
            one.last = at
        one.count += 1
        if thing in one.things or len(one.things) < _THINGS_COUNTED:
            one.things[thing] += 1
        words = words_of(record)
        if len(one.contents) < _DISTINCT:
            digest = _digest(words)
            if digest not in one.contents:
                one.contents.add(digest)
                if len(one.samples) < _SAMPLES:
                    one.samples.append([text(word[:_WORD]) for word in words[:_WORDS]])
                if len(one.digests) < _DIGESTS:
                    one.digests.append(digest.hex())
        if isinstance(record, Flow) and record.phase in ("close", "refused"):
            one.sums["bytes_out"] += record.bytes_out
            one.sums["bytes_in"] += record.bytes_in
        elif isinstance(record, ProcessExit):
            one.sums["cpu_us"] += record.cpu_us or 0
        elif isinstance(record, Gap):
            one.sums["missed"] += record.count

    def _tell(self, one: _Class, now: Stamp) -> Flood:
        """Make the record of those that wait, and begin to count anew."""
        assert one.first is not None
        assert one.last is not None
        flood = Flood(
            id=self._fresh_id(),
            at=now,
            coordinates=one.like.coordinates,
            sensor=one.like.sensor,
            attribution=msgspec.structs.replace(one.like.attribution, trigger=None),
            kind=one.kind,
            what=one.what,
            count=one.count,
            first=one.first,
            last=one.last,
            things=[Thing(name=text(name[:_WORD]), count=count) for name, count in one.things.most_common(_THINGS)],
            distinct=len(one.contents),
            samples=one.samples,
            digests=one.digests,
            bytes_out=one.sums["bytes_out"],
            bytes_in=one.sums["bytes_in"],
            cpu_us=one.sums["cpu_us"],
            missed=one.sums["missed"],
        )
        # One that came when it was due goes on, so its next record may wait longer; one that was called for has ended.
        goes_on = now.mono_us >= one.due
        one.interval = min(2 * one.interval, _LONGEST_S * _SECOND) if goes_on else _FIRST_S * _SECOND
        one.count, one.first, one.last = 0, None, None
        one.things, one.contents, one.samples, one.digests = Counter(), set(), [], []
        one.sums = Counter()
        return flood


def _remember(known: OrderedDict[K, V], key: K, value: V) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > _FOLLOWED:
        known.popitem(last=False)


def _digest(words: list[str]) -> bytes:
    return hashlib.sha256(b"".join(word.encode("utf-8", "surrogatepass") + b"\0" for word in words)).digest()[:8]
