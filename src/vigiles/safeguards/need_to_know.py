"""Need-to-know: an agent sees the labelled data that its purpose calls for, and does not learn that there is other.

A world asks :meth:`NeedToKnow.conceals` of each datum before it lists, finds, counts or shows it. Where something slips past
that view, an act that would read or pass on what the purpose does not allow is denied.
"""

from __future__ import annotations

from vigiles.model.effect import Datum
from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent

_DENIED = Opinion(decision="deny", reason="need_to_know", rules=("need-to-know",))


class NeedToKnow(Silent):
    """Labels x purpose, from the company's rules. A purpose that they do not name sees no labelled data."""

    name = "need-to-know"

    def __init__(self, rules: CompanyRules) -> None:
        self._free = frozenset(rules.free)
        self._sees = {purpose: frozenset(labels) | self._free for purpose, labels in rules.clearances.items()}

    def conceals(self, datum: Datum, purpose: str) -> bool:
        """Say whether one of the datum's labels is none that the purpose calls for."""
        return bool(datum.labels) and not self._sees.get(purpose, self._free).issuperset(datum.labels)

    def opinion(self, asked: Asked) -> Opinion | None:
        """Deny what would read or pass on concealed data all the same."""
        purpose = asked.purpose
        for datum in asked.effect.reads:
            if datum.labels and self.conceals(datum, purpose):
                return _DENIED
        for datum in asked.effect.carries:
            if datum.labels and self.conceals(datum, purpose):
                return _DENIED
        return None
