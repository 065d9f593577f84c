"""The flows: the picture of who spoke when, and the same in a table."""

from __future__ import annotations

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.flow_story import FlowStory
from vigiles.incidents.page.plot import LANES, plot
from vigiles.incidents.page.tables import fixed, fold, record, section, table
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.flow import Flow
from vigiles.render.html import Child, Html, element
from vigiles.render.text import safe
from vigiles.render.words import count, moment, size, span

_ROWS = 80
_MARKS = 3


def flows(facts: Facts) -> Html:
    """Return the section. The picture shows the flows that findings name first, then those that carried most."""
    if not facts.flows:
        none = f"No single flow of the incident's calls was recorded at the door.{_counted_only(facts)}"
        return section("flows", "Who spoke when", element("p", none))
    drawn = _drawn(facts)
    note = "Bars grow with the logarithm of the bytes. Drawn are a flow's first 256 reads; later ones are only counted."
    if len(facts.flows) > len(drawn):
        note += f" The picture holds {len(drawn)} of {count(len(facts.flows), 'flow')}."
    note += _counted_only(facts)
    first, left, last = fold(facts.flows, _ROWS)
    rows: list[list[Child]] = [_row(story) for story in first]
    if left:
        folded = facts.flows[len(first) : len(facts.flows) - len(last)]
        out, into = sum(story.last.bytes_out for story in folded), sum(story.last.bytes_in for story in folded)
        rows.append([f"… {count(left, 'flow')} left out: {size(out)} out, {size(into)} in"])
    rows += [_row(story) for story in last]
    heads = ("record", "call", "began (UTC)", "to", "protocol", "out", "in", "lasted", "spoke first", "fate")
    return section(
        "flows",
        "Who spoke when",
        element("figure", plot(drawn), element("figcaption", note)),
        table("The same flows in words, and what the protocols said of themselves.", heads, rows),
    )


def _counted_only(facts: Facts) -> str:
    """Return a sentence on flows that came too fast to be recorded one by one, if there were any."""
    floods = [one for _, one in facts.story if isinstance(one, Flood) and one.kind == "flow"]
    if not floods:
        return ""
    out, into = sum(one.bytes_out for one in floods), sum(one.bytes_in for one in floods)
    number = count(sum(one.count for one in floods), "state")
    return f" {number} of further flows came too fast and were only counted: {size(out)} out, {size(into)} in."


def _drawn(facts: Facts) -> list[FlowStory]:
    named = {one.flow for _, one in facts.timeline.evidence if isinstance(one, Flow)}
    best = sorted(
        facts.flows,
        key=lambda story: (story.last.flow not in named, -(story.last.bytes_out + story.last.bytes_in), story.began_us),
    )
    return sorted(best[:LANES], key=lambda story: (story.began_us, story.index))


def _row(story: FlowStory) -> list[Child]:
    flow = story.last
    fate = f"refused ({flow.reason})" if flow.phase == "refused" else "closed" if flow.phase == "close" else "open"
    marks = "; ".join(safe(mark, 100) for mark in flow.marks[:_MARKS])
    told = safe(f"{flow.host}:{flow.port}", 160) + (f" ({marks})" if marks else "")
    return [
        record(story.index),
        "-" if flow.attribution.call is None else flow.attribution.call,
        fixed(moment(story.began_us)[11:23]),
        told,
        flow.protocol,
        fixed(size(flow.bytes_out)),
        fixed(size(flow.bytes_in)),
        fixed(span(flow.duration_us)),
        story.first_speaker,
        fate,
    ]
