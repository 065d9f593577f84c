"""Severity by rule: the worst finding, one step more where two detectors agree."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.model.finding import SEVERITIES, Finding, Severity

#: A detector's voice counts for raising from here on; a look-up that was refused adds nothing to a tunnel.
RAISES_FROM: Severity = "medium"


def rank(severity: Severity) -> int:
    """Return the place of a severity, 0 for ``info``."""
    return SEVERITIES.index(severity)


def severity_of(findings: Sequence[Finding]) -> Severity:
    """Return the severity of findings with one cause.

    It is the highest, plus one step (to ``critical`` at most) where at least two different detectors each found something
    of :data:`RAISES_FROM` or more.
    """
    highest = max((rank(finding.severity) for finding in findings), default=0)
    voices = {finding.detector for finding in findings if rank(finding.severity) >= rank(RAISES_FROM)}
    return SEVERITIES[min(highest + (len(voices) > 1), len(SEVERITIES) - 1)]
