"""The detector of tunnels in disguise: it joins what a call's flows show with what the same call computes."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.detectors.conclude import EVIDENCE_LIMIT, call_of, conclude
from vigiles.detectors.destination import Destinations
from vigiles.detectors.disguise.inner_ssh import ssh_inside
from vigiles.detectors.disguise.load import Load
from vigiles.detectors.disguise.mining import Signs, judge
from vigiles.detectors.disguise.request_stream import RequestStream
from vigiles.detectors.disguise.rules import MINING, REQUEST_STREAM, SSH_IN_TLS
from vigiles.detectors.disguise.talk import Talk
from vigiles.detectors.memory import Recent
from vigiles.model.finding import Finding
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.network import Connect
from vigiles.model.union import Recorded

_PLACES, _TALKS_A_PLACE = 16, 32
#: A call is judged once a second, not at each look.
_EVERY_US = 1_000_000
#: What can hide a conversation; what is known in clear is judged by its own detectors.
_OPAQUE = frozenset({"tls", "other", "http"})

Place = tuple[str, int]


class Disguise:
    """Talks by call and place, load by call; one finding of each kind for each call and place."""

    name = "disguise"
    rules = (MINING, SSH_IN_TLS, REQUEST_STREAM)
    takes = (DnsQuery, Connect, Flow, HttpRequest, Compute)

    def __init__(self) -> None:
        self._destinations = Destinations()
        self._loads: Recent[int, Load] = Recent(256)
        self._talks: Recent[int, Recent[Place, Recent[str, Talk]]] = Recent(256)
        self._streams: Recent[tuple[int, str, int, str], RequestStream] = Recent(512)
        self._judged: Recent[int, int] = Recent(256)
        self._found: Recent[tuple[str, str], None] = Recent(1024)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return what the record completes."""
        self._destinations.feed(record)
        call = call_of(record) if isinstance(record, Flow | HttpRequest | Compute) else None
        if call is None:
            return []
        if isinstance(record, Flow):
            return self._flow(record, call)
        if isinstance(record, HttpRequest):
            return self._request(record, call)
        assert isinstance(record, Compute)
        load = self._loads.get(call) or self._loads.set(call, Load())
        load.feed(record)
        if record.at.mono_us - (self._judged.get(call) or 0) < _EVERY_US:
            return []
        self._judged.set(call, record.at.mono_us)
        return self._judge(record, call, load)

    def _flow(self, record: Flow, call: int) -> list[Finding]:
        if record.phase == "refused" or record.protocol not in _OPAQUE:
            return []
        place = (record.host, record.port)
        places = self._talks.get(call) or self._talks.set(call, Recent(_PLACES))
        talks = places.get(place) or places.set(place, Recent(_TALKS_A_PLACE))
        talk = talks.get(record.flow) or talks.set(record.flow, Talk())
        talk.feed(record)
        return self._ssh(record, call)

    def _ssh(self, record: Flow, call: int) -> list[Finding]:
        cause = self._destinations.cause(call, record.host, record.port)
        if (SSH_IN_TLS.id, cause) in self._found:
            return []
        signs = ssh_inside(record.marks)
        if signs is None or not self._found.first_time((SSH_IN_TLS.id, cause), None):
            return []
        asked = ", which asks for a port to be forwarded back" if signs.opening == "forward_request" else ""
        summary = f"SSH inside TLS to {record.host}:{record.port}{asked}"
        return [conclude(SSH_IN_TLS, record, summary=summary, cause=cause)]

    def _request(self, record: HttpRequest, call: int) -> list[Finding]:
        key = (call, record.host, record.port, record.path)
        stream = (self._streams.get(key) or self._streams.set(key, RequestStream())).feed(record)
        cause = self._destinations.cause(call, record.host, record.port)
        if not stream or not self._found.first_time((REQUEST_STREAM.id, cause), None):
            return []
        summary = f"{len(stream)} requests for one path of {record.host}:{record.port} carry bytes of chance, both ways"
        evidence, occurred = [one.record for one in stream], stream[0].wall_us
        return [conclude(REQUEST_STREAM, record, summary=summary, cause=cause, evidence=evidence, occurred_us=occurred)]

    def _judge(self, record: Compute, call: int, load: Load) -> list[Finding]:
        found: list[Finding] = []
        for place in list(self._talks.get(call) or ()):
            host, port = place
            cause = self._destinations.cause(call, host, port)
            talks = self._living(call, place, record.at.mono_us)
            if (MINING.id, cause) in self._found or not talks:
                continue
            signs = judge(talks, load)
            if signs is not None:
                self._found.set((MINING.id, cause), None)
                found.append(self._conclude(record, talks, load, signs, cause, f"{host}:{port}"))
        return found

    def _living(self, call: int, place: Place, now_us: int) -> list[Talk]:
        places = self._talks.get(call)
        talks = places.get(place) if places is not None else None
        known = list(talks.values()) if talks is not None else []
        for talk in known:
            talk.settle(now_us)
        return known if any(not talk.closed for talk in known) else []

    def _conclude(self, record: Compute, talks: Sequence[Talk], load: Load, signs: Signs, cause: str, place: str) -> Finding:
        since = min(talk.began_us for talk in talks)
        flows = [talk.record for talk in talks][: EVIDENCE_LIMIT // 4]
        looks = load.evidence(since, record.at.mono_us, EVIDENCE_LIMIT // 2)
        words = [f"{signs.reports} messages of its own at irregular times", f"{signs.pushes} from the far side unasked"]
        words += ["more results than work"] if signs.unasked else []
        words += ["after the call had returned"] if signs.outlived else []
        summary = (
            f"computing that does not wait for its messages, {signs.cpu_us / 1_000_000:.1f} CPU seconds in "
            f"{signs.seconds} s beside a quiet talk with {place}: {', '.join(words)}"
        )
        strong = signs.points >= MINING.thresholds["points_of_high"]
        return conclude(
            MINING,
            record,
            severity="high" if strong else None,
            summary=summary,
            cause=cause,
            evidence=[*flows, *looks],
            occurred_us=min(t.wall_us for t in talks),
        )
