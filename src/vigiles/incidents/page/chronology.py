"""What happened, in order. What matters has a row of its own; the rest is told in numbers between the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import fixed, fold, record, section, table
from vigiles.incidents.page.wording import kind, wording
from vigiles.incidents.timeline import Indexed
from vigiles.model.observation.base import Observation
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.sensor import Gap
from vigiles.render.html import Child, Html, element
from vigiles.render.words import count, moment, span

#: Rows with a record of their own; and observations of a short story that get one though no finding names them.
ROWS = 240
SHORT = 120


def chronology(facts: Facts) -> Html:
    """Return the timeline section."""
    chosen = _chosen(facts)
    first, left, last = fold(chosen, ROWS)
    rows = _rows(facts.story, [*first, *last], facts.timeline.incident.occurred_us)
    note = (
        f"{count(len(first) + len(last), 'record')} of {len(facts.story)} that belong to the incident are shown one by one; "
        f"its episode has {count(facts.episode_size, 'record')}."
    )
    if left:
        note += f" {count(left, 'further record')} of weight were left out as well."
    return section(
        "timeline",
        "What happened, in order",
        element("p", note, class_="soft"),
        table("Times are UTC; “after” counts from when the incident occurred.", _HEADS, rows),
    )


_HEADS = ("time", "after", "record", "kind", "what")


def _chosen(facts: Facts) -> list[int]:
    """Return the places of what gets a row: in a long story, all but single observations that no finding names."""
    if len(facts.story) <= SHORT:
        return list(range(len(facts.story)))
    evidence = {one.id for _, one in facts.timeline.evidence}
    return [
        place
        for place, (_, one) in enumerate(facts.story)
        if not isinstance(one, Observation) or isinstance(one, Gap | Flood) or one.id in evidence
    ]


def _rows(story: Sequence[Indexed], places: Sequence[int], occurred_us: int) -> list[list[Child]]:
    rows: list[list[Child]] = []
    expected = 0
    for place in [*places, len(story)]:
        if place > expected:
            rows.append([_folded(story[expected:place])])
        if place < len(story):
            index, one = story[place]
            after = one.at.wall_us - occurred_us
            rows.append([fixed(moment(one.at.wall_us)[:23]), fixed(span(after)), record(index), kind(one), wording(one)])
        expected = place + 1
    return rows


def _folded(skipped: Sequence[Indexed]) -> str:
    """Return how many records of which kinds are not shown here."""
    kinds = Counter(kind(one) for _, one in skipped)
    named = ", ".join(f"{number} {what}" for what, number in kinds.most_common(8))
    took = span(max(skipped[-1][1].at.wall_us - skipped[0][1].at.wall_us, 0))
    return f"… {count(len(skipped), 'record')} within {took}, [{skipped[0][0]}] to [{skipped[-1][0]}]: {named}"
