"""The detector that is fed every episode: the same rare thing in two of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from vigiles.detectors.channels.baseline import Baseline
from vigiles.detectors.channels.rules import DNS, HEADER, NAME, OBJECT, PLACE, QUERY, RULES, WORD
from vigiles.detectors.channels.sighting import Sighting, Where, published, sighting, sightings, wrote
from vigiles.detectors.conclude import finding_id
from vigiles.detectors.expected import Expected
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.episode import CallEnded, EpisodeEnded
from vigiles.model.finding import Finding
from vigiles.model.observation.base import Observation
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.process import ProcessStart
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.protocols.words import digest, long_words

#: The longest that a pair waits for the end of the second's call.
WAIT_US = 5_000_000
_THINGS = 65_536
_PAIRS = 4096
_EPISODES = 4096
_BY_WHERE: dict[Where, Rule] = {
    "path": NAME, "query": QUERY, "header": HEADER, "dns": DNS, "argv": WORD, "place": PLACE, "object": OBJECT,
}  # fmt: skip
_WORDS: dict[Where, str] = {
    "path": "a name that nobody published", "query": "a query", "header": "a header field", "dns": "a DNS name",
    "argv": "a command line", "place": "a place that no profile lists", "object": "an object",
}  # fmt: skip


class Channels:
    """Fed the records of all episodes in the ledger's order; gives each finding twice, once for each of the two episodes.

    Pure, and bounded: what was seen longest ago is forgotten first.
    """

    name = "channels"
    rules = RULES
    takes = (RulesetInForce, HttpRequest, DnsQuery, Flow, ProcessStart, CallEnded, EpisodeEnded)

    def __init__(self, baseline: Baseline | None = None) -> None:
        self._baseline = baseline or Baseline()
        self._expected: Recent[tuple[str, str], Expected] = Recent(_EPISODES)
        self._seen: Recent[str, Sighting] = Recent(_THINGS)
        self._written: Recent[str, Sighting] = Recent(_THINGS)
        self._published: Recent[str, None] = Recent(_THINGS)
        self._pairs: Recent[tuple[str, tuple[str, str]], tuple[Sighting, Sighting]] = Recent(_PAIRS)
        self._told: Recent[tuple[str, tuple[str, str]], None] = Recent(_THINGS)

    def feed(self, record: Recorded) -> list[Finding]:
        """Take the next record of any episode; return the findings it completes, each with its own episode's coordinates."""
        if record.coordinates is None or not isinstance(record, self.takes):
            return []
        episode = (record.coordinates.run, record.coordinates.episode)
        found = list(self._due(record.at))
        if isinstance(record, CallEnded | EpisodeEnded):
            call = record.coordinates.call if isinstance(record, CallEnded) else None
            found += self._ended(episode, call, record.at)
        elif isinstance(record, RulesetInForce):
            self._rules_of(episode).feed(record)
        elif isinstance(record, Observation):
            if isinstance(record, HttpRequest):
                found += self._objects(record)
            for seen in sightings(record, self._rules_of(episode)):
                self._sight(seen)
        return found

    def _rules_of(self, episode: tuple[str, str]) -> Expected:
        return self._expected.get(episode) or self._expected.set(episode, Expected())

    def _objects(self, request: HttpRequest) -> Iterator[Finding]:
        """Remember what was left at a host, and conclude where another episode gets it."""
        place = f"{request.host}:{request.port}"
        name = f"{place}{request.path}"
        if wrote(request):
            for key in (name, request.body and f"{place} {request.body}"):
                if key and key not in self._written:
                    self._written.set(key, sighting(request, key, "object", "", name))
            return
        if not published(request):
            return
        left = self._written.get(name) or (request.answer and self._written.get(f"{place} {request.answer}")) or None
        if left is None:
            for word in long_words(request.path):
                self._published.set(digest(word), None)
            return
        got = sighting(request, left.thing, "object", "", name)
        if got.episode != left.episode and self._told.first_time((left.thing, got.episode), None):
            yield from _both(OBJECT, left, got, request.at)

    def _sight(self, seen: Sighting) -> None:
        if self._baseline.common(seen):
            return
        known = self._seen.get(seen.thing)
        if known is None:
            self._seen.set(seen.thing, seen)
        elif known.episode == seen.episode:
            # A request says more than the command line that made it.
            if known.where == "argv" != seen.where:
                self._seen.set(seen.thing, seen)
        else:
            key = (seen.thing, seen.episode)
            waiting = self._pairs.get(key)
            if key not in self._told and (waiting is None or waiting[1].where == "argv"):
                self._pairs.set(key, (known, waiting[1] if waiting and seen.where == "argv" else seen))

    def _due(self, at: Stamp) -> Iterator[Finding]:
        """Conclude from the pairs that have waited long enough."""
        late = list(takewhile(lambda pair: _late(pair[1].at, at), self._pairs.values()))
        for pair in late:
            yield from self._conclude(pair, at)

    def _ended(self, episode: tuple[str, str], call: int | None, at: Stamp) -> Iterator[Finding]:
        """Conclude from the pairs whose second call, or episode, has ended."""
        for pair in list(self._pairs.values()):
            if pair[1].episode == episode and call in (None, pair[1].attribution.call):
                yield from self._conclude(pair, at)

    def _conclude(self, pair: tuple[Sighting, Sighting], at: Stamp) -> Iterator[Finding]:
        first, second = pair
        self._pairs.pop((second.thing, second.episode))
        if second.thing in self._published or first.where == second.where == "argv":
            return
        # Two requests may share many words; they are one conclusion.
        new = self._told.first_time((f"{first.record} {second.record}", second.episode), None)
        if self._told.first_time((second.thing, second.episode), None) and new:
            rule = WORD if "argv" in (first.where, second.where) else _BY_WHERE[second.where]
            yield from _both(rule, first, second, at)


def _late(since: Stamp, at: Stamp) -> bool:
    return since.boot != at.boot or at.mono_us - since.mono_us >= WAIT_US


def _both(rule: Rule, first: Sighting, second: Sighting, at: Stamp) -> Iterator[Finding]:
    """Yield one conclusion for the episode that had the thing first, and one for the other."""
    for own, other in ((first, second), (second, first)):
        summary = (
            f"{_WORDS[own.where]} shared with episode {other.coordinates.episode} (call {other.attribution.call}, "
            f"{_WORDS[other.where]}): this is episode {own.coordinates.episode}, call {own.attribution.call}: {own.shown}"
        )
        yield Finding(
            id=finding_id(rule, [own.record, other.record, second.thing]),
            at=at,
            coordinates=own.coordinates,
            detector="channels",
            rule=rule.id,
            author=rule.author,
            techniques=list(rule.techniques),
            severity=rule.severity,
            summary=summary,
            cause=f"channel:{own.attribution.call}:{other.coordinates.episode}",
            attribution=own.attribution,
            evidence=[own.record, other.record],
            occurred_us=min(own.at.wall_us, other.at.wall_us),
        )
