"""Severity by rule: the worst finding, one step more where two detectors agree."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.model.finding import SEVERITIES, Finding, Severity

#: A detector's voice counts for raising from here on; a look-up that was refused adds nothing to a tunnel.
RAISES_FROM: Severity = "medium"
#: Speaks whenever something was refused, so it echoes every other detector and is no second opinion.
ECHO = "denied_egress"


def rank(severity: Severity) -> int:
    """Return the place of a severity, 0 for ``info``."""
    return SEVERITIES.index(severity)


def severity_of(findings: Sequence[Finding]) -> Severity:
    """Return the severity of findings with one cause.

    It is the highest, plus one step (to ``critical`` at most) where at least two different detectors each found something
    of :data:`RAISES_FROM` or more; :data:`ECHO` is not counted.
    """
    highest = max((rank(finding.severity) for finding in findings), default=0)
    voices = {finding.detector for finding in findings if rank(finding.severity) >= rank(RAISES_FROM)}
    voices.discard(ECHO)
    return SEVERITIES[min(highest + (len(voices) > 1), len(SEVERITIES) - 1)]
