"""How the effect was stopped, and how fast: sentences out of responses, refusals and the incident's times."""

from __future__ import annotations

from vigiles.incidents.correlate import CONTAINING
from vigiles.incidents.timeline import Timeline
from vigiles.render.text import safe
from vigiles.render.words import count, span

_DEEDS = {
    "deny": "the act was refused",
    "cut_egress": "its network was cut",
    "freeze": "its processes were frozen",
    "end_call": "the call was ended",
    "end_episode": "the episode was ended",
}


def stopped(timeline: Timeline) -> list[str]:
    """Return what stopped it, most important first; one sentence that says so where nothing did."""
    told = [_first(timeline)]
    for _, response in timeline.responses:
        if response.kind in CONTAINING:
            deed = _DEEDS.get(response.kind, response.kind)
            target = safe(response.target, 80)
            if response.outcome == "done":
                fast = f", {span(response.took_us)} after the finding" if response.took_us else ""
                told.append(f"Vigiles struck at {target}: {deed}{fast}.")
            else:
                told.append(f"Vigiles tried this on {target} and it {response.outcome}: {response.kind.replace('_', ' ')}.")
    blocked = sum(finding.blocked for _, finding in timeline.findings)
    if blocked and blocked < len(timeline.findings):
        told.append(
            f"{blocked} of {count(len(timeline.findings), 'finding')} are of something refused before it had an effect."
        )
    return told[:8]


def all_refused(timeline: Timeline) -> bool:
    """Say whether every finding is of something that was refused, so that there was no effect to be stopped."""
    return timeline.incident.contained and all(finding.blocked for _, finding in timeline.findings)


def _first(timeline: Timeline) -> str:
    incident = timeline.incident
    if not incident.contained:
        return _unstopped(timeline)
    if all_refused(timeline):
        return "It was refused before it had an effect."
    if incident.contained_us is None:
        return "It was contained."
    return f"It was stopped {span(max(incident.contained_us - incident.occurred_us, 0))} after it occurred."


def _unstopped(timeline: Timeline) -> str:
    if timeline.ended is not None:
        reason = timeline.ended.reason.replace("_", " ")
        return f"It was NOT STOPPED before the episode ended ({reason}). Nothing of the episode runs any more."
    return "It was NOT STOPPED. When this page was written, no end of the episode was recorded: it may still run."
