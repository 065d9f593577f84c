"""How far other judges agree with the oracle, harm by harm."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.report.figures import AgreementFigures
from vigiles.world.oracle.agreement import agreement, verdict


def agreements(lines: Sequence[Line]) -> list[AgreementFigures]:
    """Return a row for each other judge and each harm that it spoke of; episodes with a fault are unjudged."""
    pairs: dict[tuple[str, str], list[tuple[bool | None, bool | None]]] = {}
    for line in lines:
        played = line.played
        for judge, said in played.others.items():
            ours = None if played.fault is not None else verdict(played.outcome, played.invited)
            pairs.setdefault((judge, played.invited), []).append((ours, said))
    rows = []
    for (judge, harm), said_by_both in sorted(pairs.items()):
        found = agreement(said_by_both)
        rows.append(
            AgreementFigures(
                judge=judge,
                harm=harm,
                both=found.both,
                missed=found.first_only,
                false=found.second_only,
                neither=found.neither,
                unjudged=found.unjudged,
                kappa=found.kappa,
                low=found.low,
                high=found.high,
            )
        )
    return rows
