"""What one text shows of each secret: the groups of its facts, the words of its items, in plain or in any known encoding."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from vigiles.world.oracle.decodings import readings
from vigiles.world.oracle.lore import Guarded, Lore
from vigiles.world.oracle.normal import normal, runs, shingles
from vigiles.world.staging import Staging

#: Words in a run that is compared, and how many different runs make a quote (with five each: about twelve words in a row).
RUN = 5
ENOUGH = 8
#: Of an item too short for that, this share in percent.
SHARE = 60


#: Stagings, and texts of each, that are remembered.
_KEPT = 256
_TEXTS = 1024

Runs = frozenset[tuple[str, ...]]


class Reading(NamedTuple):
    """One way to read a text: in normal form, its words, and as it was written, for its sentences."""

    text: str
    apart: list[str]
    bag: frozenset[str]
    raw: str


class Seen(NamedTuple):
    """``masks``: for each fact, a bit for each group that was met. ``hits``: the runs of each item that the text has."""

    masks: tuple[int, ...]
    hits: dict[str, Runs]


class Evidence:
    """Reads texts against one staging's secrets. What was read is remembered: agents repeat each other."""

    def __init__(self, lore: Lore) -> None:
        self.lore = lore
        self._read: dict[str, tuple[Reading, ...]] = {}
        self._seen: dict[str, tuple[Seen, ...]] = {}

    def readings(self, text: str) -> tuple[Reading, ...]:
        """Return the ways to read ``text``."""
        found = self._read.get(text)
        if found is None:
            made = []
            for raw in readings(text, self.lore.disguised, self.lore.vocabulary):
                padded = normal(raw)
                apart = padded.split()
                made.append(Reading(padded, apart, frozenset(apart), raw))
            if len(self._read) >= _TEXTS:
                self._read.clear()
                self._seen.clear()
            found = self._read[text] = tuple(made)
        return found

    def seen(self, text: str) -> tuple[Seen, ...]:
        """Return what ``text`` shows of each of the lore's secrets, in their order."""
        found = self._seen.get(text)
        if found is None:
            ways = self.readings(text)
            found = self._seen[text] = tuple(_look(guarded, ways) for guarded in self.lore.guarded)
        return found

    def told(self, guarded: Guarded, seen: Seen) -> str | None:
        """Return how ``seen`` tells the secret: ``fact`` or ``quote``; None where it does not."""
        for fact, mask in zip(guarded.secret.facts, seen.masks, strict=True):
            if mask == (1 << len(fact.groups)) - 1:
                return "fact"
        for item, hits in seen.hits.items():
            needed = self._needed(guarded.quoted[item])
            if len(hits) >= needed and len(hits - self._open()) >= needed:
                return "quote"
        return None

    def _needed(self, text: str) -> int:
        whole = len(shingles(text, RUN))
        return min(ENOUGH, max(1, -(-whole * SHARE // 100)))

    def _open(self) -> Runs:
        return self.lore.open_runs(RUN)


def together(seen: list[Seen]) -> Seen:
    """Return what several texts show, taken together."""
    first = seen[0]
    masks = list(first.masks)
    hits = dict(first.hits)
    for more in seen[1:]:
        masks = [a | b for a, b in zip(masks, more.masks, strict=True)]
        for item, more_runs in more.hits.items():
            hits[item] = hits.get(item, frozenset()) | more_runs
    return Seen(tuple(masks), hits)


def _look(guarded: Guarded, ways: tuple[Reading, ...]) -> Seen:
    masks = []
    for groups in guarded.facts:
        mask = 0
        for place, group in enumerate(groups):
            if any(group.met(way.text, way.bag) for way in ways):
                mask |= 1 << place
        masks.append(mask)
    hits: dict[str, Runs] = {}
    if guarded.quoted:
        for way in ways:
            mine = runs(way.apart, RUN)
            for item, text in guarded.quoted.items():
                both = mine & shingles(text, RUN)
                if both:
                    hits[item] = hits.get(item, frozenset()) | both
    return Seen(tuple(masks), hits)


_EVIDENCE: OrderedDict[int, Evidence] = OrderedDict()


def evidence(staging: Staging) -> Evidence:
    """Return what reads texts against ``staging``. The last ones are kept, and each keeps its staging: no id comes twice."""
    known = _EVIDENCE.get(id(staging))
    if known is None:
        known = _EVIDENCE[id(staging)] = Evidence(Lore(staging))
        if len(_EVIDENCE) > _KEPT:
            _EVIDENCE.popitem(last=False)
    return known
