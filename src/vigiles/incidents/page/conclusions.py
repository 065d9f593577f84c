"""The findings: what was concluded, by which rule, from which records."""

from __future__ import annotations

from vigiles.incidents.describe import attribution_line, fate_of
from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.tables import fold, record, section, table
from vigiles.model.finding import Finding
from vigiles.render.html import Child, Html, element, joined
from vigiles.render.text import safe
from vigiles.render.words import count

_ROWS = 60
_EVIDENCE = 8


def conclusions(facts: Facts) -> Html:
    """Return the section."""
    first, left, last = fold(facts.timeline.findings, _ROWS)
    rows = [_row(facts, index, finding) for index, finding in first]
    if left:
        rows.append([f"… {count(left, 'finding')} left out"])
    rows += [_row(facts, index, finding) for index, finding in last]
    heads = ("record", "severity", "rule", "what was concluded", "caused by", "evidence")
    introduction = "A finding is what a rule concludes from records; the records that it stands on are named by number."
    return section(
        "findings", "Findings", element("p", introduction), table("Findings in the order of the ledger.", heads, rows)
    )


def _row(facts: Facts, index: int, finding: Finding) -> list[Child]:
    fate = fate_of(finding)
    techniques = f" ({safe(', '.join(finding.techniques), 120)})" if finding.techniques else ""
    named = [record(facts.numbers[one]) for one in finding.evidence[:_EVIDENCE] if one in facts.numbers]
    more = len(finding.evidence) - _EVIDENCE
    return [
        record(index),
        finding.severity,
        f"{safe(finding.rule, 80)}, by {safe(finding.author, 80)}{techniques}",
        f"{fate}: {safe(finding.summary, 400)}",
        attribution_line(finding.attribution),
        joined([joined(named, " "), f" and {more} more" if more > 0 else ""]),
    ]
