"""The evidence: every record that a finding names, by its place in the ledger, and what is missing."""

from __future__ import annotations

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import fixed, fold, record, section, table
from vigiles.incidents.page.wording import kind, wording
from vigiles.incidents.timeline import Indexed
from vigiles.model.observation.base import Observation
from vigiles.render.html import Child, Html, element
from vigiles.render.text import safe
from vigiles.render.words import count, moment

_ROWS = 100
_MISSING = 20


def evidence(facts: Facts) -> Html:
    """Return the section."""
    first, left, last = fold(facts.timeline.evidence, _ROWS)
    rows = [_row(item) for item in first]
    if left:
        skipped = facts.timeline.evidence[len(first) : len(facts.timeline.evidence) - len(last)]
        rows.append([f"… {count(left, 'record')} left out, [{skipped[0][0]}] to [{skipped[-1][0]}]"])
    rows += [_row(item) for item in last]
    caption = (
        f"{count(len(facts.timeline.evidence), 'record')} that findings stand on. Look at one: vigiles ledger show NUMBER"
    )
    body: list[Child] = [table(caption, ("record", "time (UTC)", "seen by", "kind", "what"), rows)]
    missing = facts.timeline.missing
    if missing:
        named = ", ".join(safe(one, 60) for one in missing[:_MISSING])
        more = f" and {len(missing) - _MISSING} more" if len(missing) > _MISSING else ""
        body.append(element("p", f"Named, but not readable (erased, or of another episode): {named}{more}."))
    return section("evidence", "Evidence", *body)


def _row(item: Indexed) -> list[Child]:
    index, one = item
    sensor = safe(one.sensor, 20) if isinstance(one, Observation) else "gate"
    return [record(index), fixed(moment(one.at.wall_us)[:23]), sensor, kind(one), wording(one)]
