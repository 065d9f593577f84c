"""The Rule-of-Two meter: a session has at most two of untrusted input, sensitive data, and a hand on the world outside.

With all three, words that somebody else wrote could turn what the session knows against the company, so the act that would
complete them waits for a person, unless a person has ordered it. Whom a person has let it write to once is not asked about
again in the session.
"""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.model.effect import Datum, Effect
from vigiles.safeguards.orders import Orders
from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent

_HOLD = Opinion(decision="hold", reason="rule_of_two", rules=("rule-of-two",))


class RuleOfTwo(Silent):
    """``untrusted``, ``sensitive``, ``acted``: which of the three the session has so far."""

    name = "rule-of-two"

    def __init__(self, rules: CompanyRules) -> None:
        self._free = frozenset(rules.free)
        self._orders = Orders(rules.orders)
        self._let: set[str] = set()
        self.untrusted = self.sensitive = self.acted = False

    def opinion(self, asked: Asked) -> Opinion | None:
        """Hold the act by which the session would have all three."""
        effect = asked.effect
        reach = _reach(effect)
        if not reach or reach <= self._let:
            return None
        untrusted = self.untrusted or any(datum.outside for datum in effect.reads)
        sensitive = self.sensitive or any(self._sensitive(datum) for datum in (*effect.reads, *effect.carries))
        return _HOLD if untrusted and sensitive and not self._orders.covers(asked) else None

    def performed(self, asked: Asked, read: Sequence[Datum]) -> None:
        """Count what was shown, and whom the session has reached."""
        self._orders.shown(read)
        for datum in read:
            self.untrusted = self.untrusted or datum.outside
            self.sensitive = self.sensitive or self._sensitive(datum)
        reach = _reach(asked.effect)
        if reach:
            self.acted = True
            self._let |= reach

    def _sensitive(self, datum: Datum) -> bool:
        return not self._free.issuperset(datum.labels)


def _reach(effect: Effect) -> set[str]:
    """Return whom or what outside of the company, or beyond undoing, an act would reach."""
    reach = {one.address for one in effect.recipients if not one.inside}
    if effect.irreversible != "no":
        reach.add(effect.subject or "")
    return reach
