"""What a run did, told apart: what a profile may allow, and what a person must decide on."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from vigiles.model.act import Act
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.flow import Flow
from vigiles.model.result import Result
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.egress import HostInvalid, canonical_host, in_ranges, join_host_port
from vigiles.ruleset.profile import HELD_FLAGS, REFUSED_RANGES

#: Acts that a suggested rule may permit; of other kinds even the shipped profiles permit none.
KINDS = ("process", "tool_call", "message", "file_change")
#: What the door passes; a flow that carried nothing yet says nothing.
PASSED = ("tls", "http")
_NOTHING = ("unknown", "silent")
#: A name as it may stand in a rule: nothing in it could end a string, or be read in two ways.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+:@-]{0,127}", re.ASCII)
#: Different things of one kind that are learned; a run that did more is no pattern to write rules from.
MOST = 2000


class Left(NamedTuple):
    """Something that is not allowed by the suggestion, and why. ``what`` is agent text: render before showing."""

    kind: str
    what: str
    why: str


@dataclass
class Peaks:
    """The most of each thing that one call or one episode used; the units are those of a profile's budgets."""

    calls: int = 0
    processes: int = 0
    memory_bytes: int = 0
    cpu_us_call: int = 0
    cpu_us_episode: int = 0
    wall_us_call: int = 0
    wall_us_episode: int = 0
    egress_bytes_call: int = 0
    egress_bytes_episode: int = 0
    output_bytes_call: int = 0

    def most(self, **seen: int) -> None:
        """Take what was seen where it is more."""
        for name, value in seen.items():
            setattr(self, name, max(getattr(self, name), value))


@dataclass
class Learned:
    """``hosts`` are canonical ``host:port``; ``programs`` and ``tools`` (kind, name) what acts asked for."""

    hosts: set[str] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)
    tools: set[tuple[str, str]] = field(default_factory=set)
    peaks: Peaks = field(default_factory=Peaks)
    left: dict[Left, None] = field(default_factory=dict)
    left_acts: set[str] = field(default_factory=set)
    ruleset: str | None = None

    def leave(self, kind: str, what: str, why: str) -> None:
        """Leave something out."""
        if len(self.left) < MOST:
            self.left[Left(kind, what, why)] = None


class Learner:
    """First every record goes to :meth:`look`, then every record to :meth:`learn`, then :meth:`done`."""

    def __init__(self) -> None:
        self.learned = Learned()
        self._evidence: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._names: set[str] = set()
        self._states: dict[str, BudgetState] = {}
        self._began: dict[str, int] = {}

    def look(self, record: Recorded) -> None:
        """Note what detectors concluded, and what was judged as enforcing would refuse it."""
        if isinstance(record, Finding):
            why = f"finding {record.rule}"
            for one in record.evidence:
                self._evidence[one] = why
            name, _, rest = record.cause.partition(":")
            if name == "egress":
                self._places[rest.partition(":")[2]] = why
        elif isinstance(record, Verdict) and record.decision == "allow" and record.reason == "allowed_observe":
            self._evidence[record.act] = "the rules would refuse it"
        elif isinstance(record, Verdict) and record.decision not in ("allow", "modify"):
            self._evidence[record.act] = f"it was refused ({record.reason})"

    def learn(self, record: Recorded) -> None:
        """Learn what one record shows, or leave it out."""
        where = record.coordinates
        if where is not None:
            self._count(where.episode, record)
        if isinstance(record, Act):
            self._act(record)
        elif isinstance(record, Flow):
            self._flow(record)
        elif isinstance(record, DnsQuery) and record.outcome == "answered" and len(self._names) < MOST:
            self._names.add(record.name)
        elif isinstance(record, Flood) and record.kind in ("flow", "connect"):
            for thing in record.things:
                self.learned.leave("flood", thing.name, "too many at once to know what each was")
        elif isinstance(record, FileChange):
            held = [flag for flag in record.flags if flag in HELD_FLAGS]
            if held:
                self.learned.leave("file", record.path, f"waits for review ({', '.join(held)})")
        elif isinstance(record, RulesetInForce):
            self.learned.ruleset = record.text

    def done(self) -> Learned:
        """Return what was learned."""
        learned = self.learned
        for place, why in self._places.items():
            if place in learned.hosts:
                learned.hosts.discard(place)
                learned.leave("host", place, why)
        hosts = {place.rpartition(":")[0].strip("[]") for place in learned.hosts}
        tried = {left.what.rpartition(":")[0] for left in learned.left}
        for name in sorted(self._names):
            if _canonical(name) not in hosts and name not in tried:
                learned.leave("name", name, "looked up only: nothing was sent there")
        for state in self._states.values():
            learned.peaks.most(
                calls=state.calls,
                cpu_us_episode=state.cpu_us,
                egress_bytes_episode=state.egress_bytes,
            )
            for call in range(1, state.calls + 1):
                learned.peaks.most(cpu_us_call=state.call_cpu_us(call), egress_bytes_call=state.call_egress_bytes(call))
        return learned

    def _count(self, episode: str, record: Recorded) -> None:
        began = self._began.setdefault(episode, record.at.mono_us)
        state = self._states.setdefault(episode, BudgetState(began))
        state.add(record)
        peaks = self.learned.peaks
        if isinstance(record, Act):
            state.admitted(record)
        elif isinstance(record, Result):
            peaks.most(
                wall_us_call=record.wall_us,
                memory_bytes=record.memory_peak or 0,
                output_bytes_call=record.stdout_bytes + record.stderr_bytes,
            )
        elif isinstance(record, Compute):
            peaks.most(memory_bytes=record.memory_bytes, wall_us_call=record.interval_us)
        if not isinstance(record, Finding | Incident) and record.at.mono_us >= began:
            peaks.most(wall_us_episode=record.at.mono_us - began, processes=state.processes)

    def _act(self, act: Act) -> None:
        if act.kind in ("approval", "response"):
            return
        name = act.process.argv[0].rpartition("/")[2] if act.process and act.process.argv else act.tool
        why = self._evidence.get(act.id)
        if why is None and act.kind not in KINDS:
            why = f"acts of kind {act.kind} need a rule of your own"
        if why is None and not _NAME.fullmatch(name):
            why = "its name is not plain"
        known = self.learned.programs if act.kind == "process" else self.learned.tools
        if why is None and len(known) >= MOST:
            why = "too many different ones"
        if why is not None:
            self.learned.left_acts.add(act.id)
            self.learned.leave("program" if act.kind == "process" else "tool", name, why)
        elif act.kind == "process":
            self.learned.programs.add(name)
        else:
            self.learned.tools.add((act.kind, name))

    def _flow(self, flow: Flow) -> None:
        place = f"{flow.host}:{flow.port}"
        why = self._why_not(flow)
        canonical = _canonical(flow.host)
        if why is None and canonical is not None:
            place = join_host_port(canonical, flow.port)
            why = self._places.get(place) or self._places.get(f"{flow.host}:{flow.port}")
            if why is None and len(self.learned.hosts) >= MOST:
                why = "too many different ones"
        if why is not None:
            self._places.setdefault(place, why)
            self.learned.leave("host", place, why)
        elif flow.phase != "refused":
            self.learned.hosts.add(place)

    def _why_not(self, flow: Flow) -> str | None:
        if flow.id in self._evidence:
            return self._evidence[flow.id]
        if _canonical(flow.host) is None:
            return "no host that can be judged"
        if flow.phase == "refused":
            return f"it was refused ({flow.reason})"
        if flow.protocol not in PASSED and (flow.protocol not in _NOTHING or flow.bytes_out):
            return f"it spoke {flow.protocol}; the door passes TLS and HTTP"
        for text in (flow.address, flow.host):
            try:
                address = ipaddress.ip_address(text or "")
            except ValueError:
                continue
            if in_ranges(list(REFUSED_RANGES), address):
                return f"it leads to {address}, which no cell reaches unless you pin it"
        return None


def _canonical(host: str) -> str | None:
    try:
        return canonical_host(host)
    except HostInvalid:
        return None
