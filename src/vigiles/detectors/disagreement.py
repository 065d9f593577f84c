"""Two ways of knowing whose an observation is that contradict each other: somebody tampers, or a sensor is broken.

Each method stands alone (a seccomp listener, a UTS tag, a control group), so honest work makes them agree always; a process
that has ended by the time it is looked at carries no mark, and that is no contradiction.
"""

from __future__ import annotations

from vigiles.detectors.conclude import call_of, conclude
from vigiles.detectors.memory import Recent
from vigiles.detectors.rule import Rule
from vigiles.model.finding import Finding
from vigiles.model.observation.base import Observation
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.model.union import Recorded

_SOURCE = "independent methods of attribution (vigiles.model.attribution)"
METHODS = Rule(id="disagreement.methods", severity="medium", techniques=["T1562.006"], source=_SOURCE)
BLIND = Rule(id="disagreement.blind", severity="high", techniques=["T1562.001", "T1562.006"], source=_SOURCE)
WEAK = Rule(id="disagreement.weak", severity="medium", techniques=["T1562.006"], source=_SOURCE)
#: A port or a process number can be given again soon, so these alone weigh less.
_WEAK = ("door_port=", "pid=")
#: What a method says that ought to have seen something and has not.
_UNSEEN = "=unseen"


class Disagreement:
    """Observations whose attribution holds a contradiction; one finding for each call and contradiction."""

    name = "disagreement"
    rules = (METHODS, BLIND, WEAK)
    takes = (Observation,)

    def __init__(self) -> None:
        self._seen: Recent[tuple[int | None, str], None] = Recent(1024)

    def feed(self, record: Recorded) -> list[Finding]:
        """Return a finding when this call's methods contradict each other in a way that they have not yet."""
        if not isinstance(record, Observation) or not record.attribution.disagreement:
            return []
        said = ", ".join(record.attribution.disagreement)
        call = call_of(record)
        if not self._seen.first_time((call, said), None):
            return []
        rule = _rule(record.attribution.disagreement)
        summary = f"who did it is contradicted ({said}): {_what(record)}"
        return [conclude(rule, record, summary=summary, cause=f"sensors:{'-' if call is None else call}")]


def _rule(said: list[str]) -> Rule:
    if any(word.endswith(_UNSEEN) for word in said):
        return BLIND
    return WEAK if any(word.startswith(_WEAK) for word in said) else METHODS


def _what(record: Observation) -> str:
    if isinstance(record, Connect):
        return f"connect to {record.address}:{record.port} by process {record.pid}"
    if isinstance(record, ProcessStart):
        return f"{record.exe or 'a program'} in process {record.pid}"
    return type(record).__name__
