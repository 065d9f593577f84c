"""One line for one record, safe to show."""

from __future__ import annotations

from vigiles.model.act import Act
from vigiles.model.applied import FilesApplied
from vigiles.model.attribution import Attribution
from vigiles.model.claim import Claim
from vigiles.model.finding import Finding
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.denial import Denied
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.limit import LimitMet
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.model.observation.shell import ShellState
from vigiles.model.response import Response
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.render.text import safe, safe_argv
from vigiles.render.words import count, size, span

#: What the causes of findings begin with that are about traffic: only that is let through or refused.
_TRAFFIC = frozenset({"egress", "scan", "reverse_tunnel", "channel"})


def fate_of(finding: Finding) -> str:
    """Return what became of what was found: ``refused``, ``let through`` where something went in or out, else ``seen``."""
    if finding.blocked:
        return "refused"
    traffic = finding.cause.partition(":")[0] in _TRAFFIC or finding.rule == "honey.sent"
    return "let through" if traffic else "seen"


def describe(record: Recorded) -> str:
    """Return what ``record`` says in one line; agent text in it has gone through ``render``."""
    if isinstance(record, Flow):
        return flow_line(record)
    if isinstance(record, ProcessStart):
        return f"process {record.pid} {safe_argv(record.argv or [record.exe], 160)}"
    if isinstance(record, Connect):
        where = _place(record.host or record.address, record.port)
        how = f"refused ({record.reason})" if record.outcome == "refused" else record.outcome
        return f"connect by process {record.pid} to {where}, {record.transport}: {how}"
    if isinstance(record, Bind):
        return f"bind by process {record.pid} to {_place(record.address, record.port)}"
    if isinstance(record, Denied):
        return _denied_line(record)
    if isinstance(record, DnsQuery):
        return f"look-up of {safe(record.name, 120)} {safe(record.qtype, 12)}: {record.outcome}"
    if isinstance(record, HttpRequest):
        return _request_line(record)
    if isinstance(record, FileChange):
        return f"file {record.change}: {safe(record.path, 160)}"
    if isinstance(record, ShellState):
        planted = count(len(record.in_force), "thing")
        return f"shell state {record.state}: {count(len(record.changed), 'change')}, {planted} of earlier calls in force"
    if isinstance(record, LimitMet):
        return f"the cell's disk is full: {record.limit.replace('_', ' ')}, of {record.most}"
    if isinstance(record, Flood):
        return flood_line(record)
    if isinstance(record, FilesApplied):
        return applied_line(record)
    if isinstance(record, Compute):
        when = "after its call had returned" if record.ended else "during its call"
        by = count(record.processes, "process", "processes")
        return f"{span(record.cpu_us)} of CPU in {span(record.interval_us)}, {when}, {by}"
    if isinstance(record, Act):
        return f"act {act_line(record)}"
    if isinstance(record, Claim):
        return f"claim by {safe(record.source, 40)}: {record.kind} {safe(record.tool or '', 60)}"
    if isinstance(record, Result):
        return f"result: {result_line(record)}"
    if isinstance(record, Response):
        return response_line(record)
    return str(type(record).__struct_config__.tag)


def _request_line(record: HttpRequest) -> str:
    end = f"status {record.status}" if record.status is not None else f"no answer ({record.reason})"
    where = _place(record.host, record.port)
    sizes = f"{record.bytes_out} bytes out, {record.bytes_in} in"
    return f"request {safe(record.method, 12)} {safe(record.path, 120)} at {where}: {end}, {sizes}"


def _denied_line(denied: Denied) -> str:
    """Return which right was missing, to what, and who asked."""
    what = safe(denied.path, 160) if denied.path is not None else ""
    if denied.address is not None or denied.port is not None:
        what = _place(denied.address or "", denied.port or 0)
    elif denied.other_pid is not None:
        what = f"process {denied.other_pid}"
    who = "" if denied.pid is None else f" to process {denied.pid} {safe(denied.exe, 80)}".rstrip()
    return f"refused by {safe(denied.sensor, 20)}{who}: {safe(','.join(denied.blockers), 80)} {what}".rstrip()


def flow_line(flow: Flow) -> str:
    """Return protocol, way, destination, bytes, duration and fate of a flow."""
    state = f"refused ({flow.reason})" if flow.phase == "refused" else "closed" if flow.phase == "close" else "open"
    way = {"connect": "by CONNECT", "proxy": "by proxy", "socks": "by SOCKS", "transparent": "directly"}[flow.via]
    counted = f"{size(flow.bytes_out)} out, {size(flow.bytes_in)} in, {span(flow.duration_us)}"
    return f"{flow.protocol} {way} to {_place(flow.host, flow.port)}: {counted}, {state}"


def flood_line(flood: Flood) -> str:
    """Return what was folded, how often, and what most of it was about."""
    took = span(flood.last.mono_us - flood.first.mono_us)
    about = ", ".join(f"{safe(thing.name, 60)} ({thing.count})" for thing in flood.things[:3] if thing.name)
    return f"{flood.count} times in {took}: {flood.kind} {safe(flood.what, 60)}".rstrip() + (f"; {about}" if about else "")


def applied_line(applied: FilesApplied) -> str:
    """Return how many changes reached the work directory, by whom, and how many did not."""
    when = "at the end of the episode" if applied.reason == "episode_end" else "in a review"
    if applied.error is not None:
        return f"nothing applied {when}: {safe(applied.error, 160)}"
    parts = [f"{count(applied.applied, 'change')} applied by {safe(applied.by, 60)} {when}"]
    parts += [f"{applied.held} held back"] if applied.held else []
    parts += [f"{applied.discarded} discarded"] if applied.discarded else []
    return ", ".join(parts)


def act_line(act: Act) -> str:
    """Return what was asked for."""
    if act.process is not None:
        via = "" if act.process.via == "api" else f" (by {act.process.via})"
        return f"{safe_argv(act.process.argv, 240)}{via}"
    return f"{act.kind} {safe(act.tool, 80)} with {count(len(act.arguments), 'argument')}"


def result_line(result: Result) -> str:
    """Return how the deed ended."""
    end = "" if result.exit_code is None else f", exit {result.exit_code}"
    end += "" if result.signal is None else f", signal {result.signal}"
    left = f", {count(result.background, 'process', 'processes')} left running" if result.background else ""
    return f"{result.outcome}{end} after {span(result.wall_us)}{left}"


def response_line(response: Response) -> str:
    """Return what was done, whether it worked, and how fast."""
    what = response.kind.replace("_", " ")
    error = f": {safe(response.error, 120)}" if response.error else ""
    took = f" {span(response.took_us)} after the finding" if response.took_us else ""
    return f"{what} of {safe(response.target, 80)}: {response.outcome}{took}{error}"


def attribution_line(attribution: Attribution) -> str:
    """Return the call, the grade and how it is known."""
    if attribution.grade == "none":
        return "no call known"
    calls = [attribution.call] if attribution.call is not None else attribution.candidates
    named = " or ".join(str(call) for call in calls) or "unknown"
    methods = f" by {', '.join(attribution.methods)}" if attribution.methods else ""
    trigger = attribution.trigger
    asked = f"; on request of call {trigger.call}" if trigger and trigger.state == "exact" else ""
    return f"call {named}, {attribution.grade}{methods}{asked}"


def _place(host: str, port: int) -> str:
    return f"{safe(host, 120)}:{port}" if port else safe(host, 120)
