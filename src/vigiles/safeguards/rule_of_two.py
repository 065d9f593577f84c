"""The Rule-of-Two meter: a session has at most two of untrusted input, sensitive data, and a hand on the world outside.

With all three, words that somebody else wrote could turn what the session knows against the company, so the act that would
complete them waits for a person, unless a person has ordered it. A yes is for that act alone: whom the session has reached
may be told something else by the next act, which nobody has looked at.
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
        self.untrusted = self.sensitive = self.acted = False

    def opinion(self, asked: Asked) -> Opinion | None:
        """Hold the act by which the session would have all three."""
        effect = asked.effect
        if not _reaches(effect):
            return None
        untrusted = self.untrusted or any(datum.outside for datum in effect.reads)
        sensitive = self.sensitive or any(self._sensitive(datum) for datum in (*effect.reads, *effect.carries))
        return _HOLD if untrusted and sensitive and not self._orders.covers(asked) else None

    def performed(self, asked: Asked, read: Sequence[Datum]) -> None:
        """Count what was shown, and whether the session has reached outside."""
        self._orders.shown(read)
        for datum in read:
            self.untrusted = self.untrusted or datum.outside
            self.sensitive = self.sensitive or self._sensitive(datum)
        self.acted = self.acted or _reaches(asked.effect)

    def _sensitive(self, datum: Datum) -> bool:
        return not self._free.issuperset(datum.labels)


def _reaches(effect: Effect) -> bool:
    """Say whether an act would reach somebody outside of the company, or could not be undone."""
    return effect.irreversible != "no" or any(not one.inside for one in effect.recipients)
