"""An incident as a person reads it in a terminal: from the flow back to the call, with what was done and what to do.

Everything is text first: it reads the same at 80 columns, without colour and in a file. All agent text has gone through
``render``; nothing is built from markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import msgspec
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vigiles.incidents.advice import advice
from vigiles.incidents.describe import (
    act_line,
    applied_line,
    attribution_line,
    describe,
    fate_of,
    flow_line,
    response_line,
    result_line,
)
from vigiles.incidents.timeline import CallStory, Timeline
from vigiles.model.finding import Finding, Severity
from vigiles.render.text import safe, safe_argv
from vigiles.render.words import count, moment, span

_STYLES: dict[Severity, str] = {
    "info": "dim",
    "low": "",
    "medium": "yellow",
    "high": "bold red",
    "critical": "bold white on red",
}
_EVIDENCE_SHOWN = 40
_PROCESSES_SHOWN = 60


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What proves the report: the newest checkpoint's tree size and root (hex), and whether the incident's leaf is in it."""

    size: int
    root: str
    checked: bool


def report(timeline: Timeline, standing: Standing | None = None) -> RenderableType:
    """Return the whole report as a rich renderable."""
    return Group(*_parts(timeline, standing))


def plain_report(timeline: Timeline, standing: Standing | None = None, width: int = 80) -> str:
    """Return the report as plain text of at most ``width`` columns, without any escape code."""
    console = Console(file=io.StringIO(), width=width, no_color=True, force_terminal=False, highlight=False)
    with console.capture() as capture:
        console.print(report(timeline, standing))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _parts(timeline: Timeline, standing: Standing | None) -> Iterator[RenderableType]:
    yield from _header(timeline)
    yield from _section("The way back", _path(timeline))
    for story in timeline.calls:
        yield from _section(f"Call {story.call}", _call(story))
    yield from _section("Findings", [_finding(index, finding) for index, finding in timeline.findings])
    yield from _section("Evidence", _evidence(timeline))
    done = [_line(index, response_line(response)) for index, response in timeline.responses]
    yield from _section("What was done", done or [Text("nothing beyond recording and telling")])
    steps = [_numbered(number, step) for number, step in enumerate(advice(timeline.incident, timeline.ended), 1)]
    yield from _section("What to do next", steps)
    yield from _section("Proof", [Text(_proof(timeline, standing))])


def _section(title: str, body: Iterable[RenderableType]) -> Iterator[RenderableType]:
    yield Text()
    yield Text(title, style="bold")
    for part in body:
        yield Padding(part, (0, 0, 0, 2))


def _header(timeline: Timeline) -> Iterator[RenderableType]:
    incident = timeline.incident
    head = Text("Incident ").append(incident.incident, style="bold").append("  ")
    head.append(f" {incident.severity.upper()} ", style=_STYLES[incident.severity]).append("  ")
    head.append("contained" if incident.contained else "NOT CONTAINED", style="" if incident.contained else "bold red")
    yield head
    yield Text(safe(incident.title, 400))
    yield Text()
    rows = _rows()
    until = f" until {moment(incident.expires_us)}" if incident.state == "suppressed" else ""
    rows.add_row("state", f"{incident.state}{until}, version {incident.version}")
    if incident.note:
        who = f"{safe(incident.by, 40)}: " if incident.by else ""
        rows.add_row("note", Text(who + safe(incident.note, 300)))
    rows.add_row("occurred", moment(incident.occurred_us))
    rows.add_row("aware", _after(incident.aware_us, incident.occurred_us, "after it occurred"))
    rows.add_row("established", _after(incident.established_us, incident.aware_us, "after we became aware"))
    rows.add_row("contained", _after(incident.contained_us, incident.occurred_us, "after it occurred"))
    rows.add_row("techniques", Text(safe(", ".join(incident.techniques)) or "none named"))
    rows.add_row("detectors", Text(safe(", ".join(incident.detectors))))
    rows.add_row("cause", Text(safe(incident.cause, 200)))
    yield rows


def _path(timeline: Timeline) -> Iterator[RenderableType]:
    where, opened = timeline.where, timeline.opened
    if where is None:
        yield Text("no episode: this is about the installation")
        return
    rows = _rows()
    rows.add_row("run", Text(safe(where.run, 80)))
    rows.add_row("episode", Text(safe(where.episode, 80)))
    if opened is not None:
        rows.add_row("profile", Text(f"{safe(opened.profile, 80)}, tier {opened.tier}, ruleset {opened.ruleset[:16]}"))
        rows.add_row("principal", Text(safe(opened.principal, 80)))
    for name, value in (("task", where.task), ("model", where.model_version)):
        if value:
            rows.add_row(name, Text(safe(value, 120)))
    if timeline.ended is not None:
        rows.add_row("ended", f"{timeline.ended.reason}, {count(timeline.ended.leftover, 'process', 'processes')} killed")
    for index, applied in timeline.applied:
        rows.add_row("files", Text(f"[{index}] {applied_line(applied)}"))
    if not timeline.calls:
        rows.add_row("call", "not known")
    yield rows


def _call(story: CallStory) -> Iterator[RenderableType]:
    rows = _rows()
    rows.add_row("turn", "-" if story.turn is None else str(story.turn))
    if story.act is not None:
        rows.add_row("act", Text(f"[{story.act[0]}] {act_line(story.act[1])}"))
    if story.verdict is not None:
        index, verdict = story.verdict
        rules = f", by {', '.join(safe(rule, 60) for rule in verdict.rules)}" if verdict.rules else ""
        rows.add_row("verdict", Text(f"[{index}] {verdict.decision} ({verdict.reason}){rules}"))
    if story.result is not None:
        rows.add_row("result", Text(f"[{story.result[0]}] {result_line(story.result[1])}"))
    yield rows
    if story.processes:
        yield Text("processes")
    for branch in story.processes[:_PROCESSES_SHOWN]:
        ended = "" if branch.ended else "  (not seen to end)"
        line = f"{branch.start.pid}  {safe_argv(branch.start.argv or [branch.start.exe], 160)}{ended}"
        yield Padding(Text(line), (0, 0, 0, 2 + 2 * min(branch.depth, 12)))
    if len(story.processes) > _PROCESSES_SHOWN:
        yield Text(f"  and {len(story.processes) - _PROCESSES_SHOWN} more")
    if story.flows:
        yield Text("flows")
    for index, flow in story.flows[:_EVIDENCE_SHOWN]:
        yield Padding(_line(index, flow_line(flow)), (0, 0, 0, 2))
    if len(story.flows) > _EVIDENCE_SHOWN:
        yield Text(f"  and {len(story.flows) - _EVIDENCE_SHOWN} more")


def _finding(index: int, finding: Finding) -> RenderableType:
    head = Text(f"{finding.severity.upper()} ", style=_STYLES[finding.severity])
    head.append(f"{safe(finding.rule, 80)}", style="bold").append(f", {fate_of(finding)}")
    told = Text(safe(finding.summary, 400))
    whose = Text(f"{attribution_line(finding.attribution)}; rule by {safe(finding.author, 80)}", style="dim")
    return _line(index, Group(head, told, whose))


def _evidence(timeline: Timeline) -> Iterator[RenderableType]:
    for index, record in timeline.evidence[:_EVIDENCE_SHOWN]:
        yield _line(index, Text(f"{moment(record.at.wall_us)[11:23]}  {describe(record)}"))
    if len(timeline.evidence) > _EVIDENCE_SHOWN:
        yield Text(f"and {len(timeline.evidence) - _EVIDENCE_SHOWN} more")
    for missing in timeline.missing:
        yield Text(f"{missing} is named but not readable (erased, or of another episode)")


def _proof(timeline: Timeline, standing: Standing | None) -> str:
    if standing is None:
        return f"record {timeline.index}; no signed checkpoint covers it yet"
    checked = "inclusion checked" if standing.checked else "inclusion NOT proved"
    return (
        f"record {timeline.index} of the ledger of {count(standing.size, 'record')}, root {standing.root[:32]}…, {checked}"
    )


def _after(at_us: int | None, since_us: int, words: str) -> str:
    if at_us is None:
        return "not yet"
    return f"{moment(at_us)}, {span(at_us - since_us)} {words}" if at_us > since_us else moment(at_us)


def _rows() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=11)
    table.add_column(overflow="fold")
    return table


def _line(index: int, what: RenderableType) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(f"[{index}]"), Text(what) if isinstance(what, str) else what)
    return table


def _numbered(number: int, step: str) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(f"{number}.", Text(safe(step, 300)))
    return table
