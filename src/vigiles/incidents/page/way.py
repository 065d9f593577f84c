"""The way back from the packet to the call: flow, connection, process, call, act, verdict, each with its record."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.incidents.describe import act_line, attribution_line, describe, flow_line, result_line
from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.flow_story import FlowStory
from vigiles.incidents.page.tables import record, section
from vigiles.incidents.page.wording import verdict_line
from vigiles.incidents.timeline import CallStory, Indexed
from vigiles.model.attribution import Attribution
from vigiles.model.observation.base import Observation
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.render.html import Html, element, joined
from vigiles.render.text import safe
from vigiles.render.words import count

_CALLS = 6
_ANCESTORS = 6


def way(facts: Facts) -> Html:
    """Return the section: one list for each call, with its most telling flow, or what else was seen of it."""
    calls = facts.timeline.calls
    parts: list[Html] = []
    for story in calls[:_CALLS]:
        parts += [element("h3", f"Call {story.call}"), element("ol", *_steps(facts, story), class_="way")]
    if len(calls) > _CALLS:
        parts.append(
            element("p", f"… and {count(len(calls) - _CALLS, 'further call')}, by the same kinds of records", class_="soft")
        )
    if not calls:
        parts.append(
            element("p", "No call is known to have caused this. The findings below say what is known of the cause.")
        )
    return section("way", "The path from packet to call", element("p", _INTRODUCTION), *parts, class_="newpage")


_INTRODUCTION = (
    "Read from the effect back to its cause. A number in brackets is a record of the ledger. “Exact” means that the kernel "
    "held the call's identity; “inferred” means by exclusion or descent; time alone is never taken for exact."
)


def _steps(facts: Facts, story: CallStory) -> list[Html]:
    seen = [item for item in facts.story if isinstance(item[1], Observation) and item[1].attribution.call == story.call]
    flow = _telling_flow(facts, story.call)
    steps: list[Html] = []
    process: Indexed | None = None
    attribution: Attribution | None = None
    if flow is not None:
        steps.append(_step("flow", flow.index, flow_line(flow.last)))
        attribution = flow.last.attribution
        connection = _connection(seen, flow)
        if connection is not None:
            steps.append(_step("connection", connection[0], describe(connection[1])))
        process = _process(seen, flow.last.pid, flow.ended_us)
    else:
        named = [item for item in facts.timeline.evidence if item in seen]
        if named:
            index, effect = named[0]
            steps.append(_step("seen", index, describe(effect)))
            attribution = effect.attribution if isinstance(effect, Observation) else None
            pid = getattr(effect, "pid", None)
            process = None if isinstance(effect, ProcessStart) else _process(seen, pid, effect.at.wall_us)
    for ancestor in _lineage(seen, process):
        steps.append(_step("process", ancestor[0], describe(ancestor[1])))
    told = "" if attribution is None else f": {attribution_line(attribution)}"
    steps.append(_step("call", None, f"call {story.call}, turn {'-' if story.turn is None else story.turn}{told}"))
    if story.act is not None:
        by = safe(story.act[1].principal, 80)
        steps.append(_step("act", story.act[0], f"asked for by {by}: {act_line(story.act[1])}"))
    if story.verdict is not None:
        steps.append(_step("verdict", story.verdict[0], verdict_line(story.verdict[1])))
    if story.result is not None:
        steps.append(_step("result", story.result[0], result_line(story.result[1])))
    return steps


def _step(name: str, index: int | None, line: str) -> Html:
    where = joined([] if index is None else [record(index), " "])
    told = line.removeprefix(f"{name} ").removeprefix(f"{name}: ")
    return element("li", element("strong", name), " ", where, told)


def _telling_flow(facts: Facts, call: int) -> FlowStory | None:
    """Return the call's flow that a finding names, else the one that carried most."""
    own = [flow for flow in facts.flows if flow.last.attribution.call == call]
    named = {one.flow for _, one in facts.timeline.evidence if isinstance(one, Flow)}
    return max(own, key=lambda flow: (flow.last.flow in named, flow.last.bytes_out + flow.last.bytes_in), default=None)


def _connection(seen: Sequence[Indexed], flow: FlowStory) -> Indexed | None:
    """Return the connect that became this flow: the process's last one to this place before the flow's end."""
    places = {flow.last.host, flow.last.address}
    fits = [
        item
        for item in seen
        if isinstance(item[1], Connect)
        and item[1].pid == flow.last.pid
        and item[1].outcome != "inside"
        and item[1].at.wall_us <= flow.ended_us
    ]
    exact = [item for item in fits if isinstance(item[1], Connect) and {item[1].host, item[1].address} & places]
    best = exact or fits
    return best[-1] if best else None


def _process(seen: Sequence[Indexed], pid: int | None, before_us: int) -> Indexed | None:
    """Return the newest image of process ``pid`` that began before a moment: numbers come again."""
    images = [
        item for item in seen if isinstance(item[1], ProcessStart) and item[1].pid == pid and item[1].at.wall_us <= before_us
    ]
    return images[-1] if images else None


def _lineage(seen: Sequence[Indexed], process: Indexed | None) -> list[Indexed]:
    """Return a process and its ancestors within the call, the nearest first."""
    found: list[Indexed] = []
    pids: set[int] = set()
    while process is not None and isinstance(process[1], ProcessStart) and process[1].pid not in pids:
        found.append(process)
        pids.add(process[1].pid)
        process = _process(seen, process[1].ppid, process[1].at.wall_us) if len(found) < _ANCESTORS else None
    return found
