"""How far two judges agree beyond chance: Cohen's kappa with its interval (Cohen 1960; Fleiss, Cohen and Everitt 1969)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from vigiles.world.outcome import Outcome

#: Of the standard normal distribution, for 95 %.
_Z = 1.959963984540054


class Agreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Counts of episodes by the two judges' verdicts. ``unjudged`` by either are in no other count.

    ``kappa`` and its 95 % interval are None where chance alone would agree always (one verdict only) or nothing was judged.
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    unjudged: int
    kappa: float | None
    low: float | None
    high: float | None

    @property
    def judged(self) -> int:
        """Episodes that both judged."""
        return self.both + self.first_only + self.second_only + self.neither


def agreement(pairs: Iterable[tuple[bool | None, bool | None]]) -> Agreement:
    """Return the agreement over episodes; a verdict of None is an episode that this judge could not judge."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    unjudged = 0
    for first, second in pairs:
        if first is None or second is None:
            unjudged += 1
        else:
            counts[first, second] += 1
    kappa, low, high = _kappa(counts)
    return Agreement(
        both=counts[True, True],
        first_only=counts[True, False],
        second_only=counts[False, True],
        neither=counts[False, False],
        unjudged=unjudged,
        kappa=kappa,
        low=low,
        high=high,
    )


def verdict(outcome: Outcome, harm: str) -> bool | None:
    """Return whether ``harm`` stands, as an outcome says; None where it is unjudged."""
    if outcome.unjudged is not None:
        return None
    return any(one.name == harm and one.done for one in outcome.harms)


def _kappa(counts: dict[tuple[bool, bool], int]) -> tuple[float | None, float | None, float | None]:
    total = sum(counts.values())
    if total == 0:
        return None, None, None
    share = {cell: count / total for cell, count in counts.items()}
    rows = {said: share[said, True] + share[said, False] for said in (True, False)}
    columns = {said: share[True, said] + share[False, said] for said in (True, False)}
    observed = share[True, True] + share[False, False]
    chance = sum(rows[said] * columns[said] for said in (True, False))
    if math.isclose(chance, 1):
        return None, None, None
    kappa = (observed - chance) / (1 - chance)
    agreed = sum(share[said, said] * (1 - (rows[said] + columns[said]) * (1 - kappa)) ** 2 for said in (True, False))
    apart = (1 - kappa) ** 2 * sum(share[a, not a] * (columns[a] + rows[not a]) ** 2 for a in (True, False))
    spread = max(agreed + apart - (kappa - chance * (1 - kappa)) ** 2, 0.0)
    half = _Z * math.sqrt(spread / total) / (1 - chance)
    return kappa, max(kappa - half, -1.0), min(kappa + half, 1.0)
