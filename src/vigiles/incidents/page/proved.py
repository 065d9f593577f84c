"""Which records a report proves: those that its answers stand on, the most telling first."""

from __future__ import annotations

from vigiles.incidents.timeline import Timeline

#: Records in one report's proof.
MOST = 64
_EACH = 16
_CALLS = 8


def worth_proving(timeline: Timeline) -> list[int]:
    """Return ledger indices: the incident, its findings, acts, verdicts and results, responses, then the evidence."""
    stories = timeline.calls[:_CALLS]
    chosen = [timeline.index, *(index for index, _ in timeline.findings[:_EACH])]
    for story in stories:
        chosen += [item[0] for item in (story.act, story.verdict, story.result) if item is not None]
    chosen += [index for index, _ in timeline.responses[:_EACH]]
    chosen += [index for index, _ in timeline.evidence]
    return list(dict.fromkeys(chosen))[:MOST]
