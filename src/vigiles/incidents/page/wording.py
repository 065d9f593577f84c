"""One line for every record of an incident's story, safe to show: of those, too, that are no observation."""

from __future__ import annotations

from vigiles.incidents.describe import describe, fate_of
from vigiles.model.cell import CellReady
from vigiles.model.episode import CallEnded, EpisodeEnded, EpisodeOpened
from vigiles.model.feedback import Feedback
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.process import ProcessExit
from vigiles.model.observation.sensor import Gap
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.render.text import safe
from vigiles.render.words import count, span

#: What each value of feedback means to training.
MEANING = {
    "nothing": "nothing; the call counts like any other",
    "mask": "mask: leave the call's tokens out of the loss",
    "penalty": "penalty: a negative reward",
    "unscored": "unscored: no reward at all, which is not zero",
    "drop": "drop: leave the episode out, the fault was ours",
}


def wording(record: Recorded) -> str:
    """Return what ``record`` says in one line."""
    if isinstance(record, Verdict):
        return verdict_line(record)
    if isinstance(record, Finding):
        fate = fate_of(record)
        return f"finding, {record.severity}, by {safe(record.rule, 80)} ({fate}): {safe(record.summary, 300)}"
    if isinstance(record, Incident):
        contained = "contained" if record.contained else "not contained"
        return f"incident, version {record.version}: {record.severity}, {record.state}, {contained}"
    if isinstance(record, Feedback):
        why = f" ({safe(', '.join(record.reasons), 160)})" if record.reasons else ""
        return f"training is told {MEANING[record.value]}{why}"
    if isinstance(record, EpisodeOpened):
        return f"episode opened for {safe(record.principal, 80)}, profile {safe(record.profile, 80)}, tier {record.tier}"
    if isinstance(record, EpisodeEnded):
        return f"episode ended: {record.reason.replace('_', ' ')}, {count(record.leftover, 'process', 'processes')} killed"
    if isinstance(record, CallEnded):
        return (
            f"last process of the call gone: {count(record.processes, 'process', 'processes')}, {span(record.cpu_us)} of CPU"
        )
    if isinstance(record, CellReady):
        stopped = sum(probe.stopped for probe in record.probes)
        tries = count(len(record.probes), "forbidden try", "forbidden tries")
        return f"cell ready in tier {record.tier}; {stopped} of {tries} stopped"
    if isinstance(record, ProcessExit):
        status = "" if record.status is None else f", status {record.status}"
        return f"process {record.pid} ended{status}"
    if isinstance(record, Gap):
        return f"{safe(record.sensor, 20)} did not see {count(record.count, 'observation')}: {safe(record.what, 120)}"
    return describe(record)


def verdict_line(verdict: Verdict) -> str:
    """Return decision, reason and rules."""
    rules = f", by {safe(', '.join(verdict.rules), 200)}" if verdict.rules else ""
    return f"verdict: {verdict.decision} ({verdict.reason}){rules}"


def kind(record: Recorded) -> str:
    """Return the record's type in words."""
    return str(type(record).__struct_config__.tag).replace("_", " ")
