"""Which responses an incident calls for, now."""

from __future__ import annotations

from collections.abc import Collection

from vigiles.model.finding import SEVERITIES, Finding, Severity
from vigiles.model.incident import Incident
from vigiles.model.response import ResponseKind
from vigiles.ruleset.profile import Responses

#: The order in which responses are carried out: first what stops the effect, then what keeps the evidence, then what ends
#: the work, and a word to people last.
ORDER: tuple[ResponseKind, ...] = (
    "deny",
    "cut_egress",
    "freeze",
    "thaw",
    "end_call",
    "end_episode",
    "hold_model",
    "notify",
)


def plan(
    incident: Incident,
    finding: Finding,
    responses: Responses,
    already: Collection[ResponseKind] = (),
    risen_from: Severity | None = None,
) -> list[ResponseKind]:
    """Return what is to be done about ``incident`` after ``finding``, in order.

    The profile's table at the incident's severity, with the finding's detector's override, decides. ``already`` are the
    kinds done or under way for this incident: none is done twice, unless the severity rose, from ``risen_from``; then a
    person is told again, while a cut, a freeze or an end that stands is not repeated. A suppressed incident calls for
    nothing unless it rose.
    """
    rose = risen_from is not None and SEVERITIES.index(incident.severity) > SEVERITIES.index(risen_from)
    if incident.state == "suppressed" and not rose:
        return []
    asked = responses.kinds(incident.severity, finding.detector)
    again: frozenset[ResponseKind] = frozenset({"notify"}) if rose else frozenset()
    return [kind for kind in ORDER if kind in asked and (kind not in already or kind in again)]


class Planner:
    """Plans for one episode: remembers what each incident was given, and at which severity."""

    def __init__(self, responses: Responses) -> None:
        self._responses = responses
        self._given: dict[str, tuple[Severity, set[ResponseKind]]] = {}

    def plan(self, incident: Incident, finding: Finding) -> list[ResponseKind]:
        """Return what is to be done now, and count it as done: what fails is tried again by a person, not by a loop."""
        risen_from, already = self._given.get(incident.incident, (None, set[ResponseKind]()))
        kinds = plan(incident, finding, self._responses, already, risen_from)
        self._given[incident.incident] = (incident.severity, already | set(kinds))
        return kinds
