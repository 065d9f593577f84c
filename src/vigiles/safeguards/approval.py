"""Approval: what cannot be undone waits for a person, what a life hangs on for two, and some things an agent never does.

What is irreversible is data (:class:`vigiles.safeguards.rules.Irreversible`: tool, arguments, recipients), together with
what the performer states of the effect.
"""

from __future__ import annotations

from vigiles.model.effect import Effect
from vigiles.safeguards.rules import Care, CompanyRules, Irreversible
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent

_GRAVITY: dict[Care, int] = {"hold": 0, "two": 1, "deny": 2}


class Approval(Silent):
    """Holds or denies by the company's ontology. Keeps nothing of the session."""

    name = "approval"

    def __init__(self, rules: CompanyRules) -> None:
        self._rules = rules
        self._entries: dict[str, list[Irreversible]] = {}
        for entry in rules.irreversible:
            self._entries.setdefault(entry.tool, []).append(entry)

    def opinion(self, asked: Asked) -> Opinion | None:
        """Return a hold or a denial for an act that cannot be undone, else nothing."""
        care: Care | None = None
        decided: list[str] = []
        for entry in self._entries.get(asked.act.tool, ()):
            if fits(entry, asked):
                decided.append(f"approval.{entry.id}")
                care = entry.care if care is None or _GRAVITY[entry.care] > _GRAVITY[care] else care
        if asked.effect.irreversible == "lethal":
            lethal: Care = "two" if asked.purpose in self._rules.lethal_purposes else self._rules.lethal
            decided.append("approval.lethal")
            care = lethal if care is None or _GRAVITY[lethal] > _GRAVITY[care] else care
        elif asked.effect.irreversible == "irreversible" and care is None:
            decided.append("approval.irreversible")
            care = "hold"
        if care is None:
            return None
        if care == "deny":
            return Opinion(decision="deny", reason="irreversible", rules=tuple(decided))
        return Opinion(decision="hold", reason="approval_needed", rules=tuple(decided), persons=2 if care == "two" else 1)


def fits(entry: Irreversible, asked: Asked) -> bool:
    """Say whether an entry of the ontology is about this act."""
    arguments = asked.act.arguments
    for name, value in entry.arguments.items():
        if arguments.get(name) != value:
            return False
    for name, most in entry.above.items():
        number = arguments.get(name)
        if isinstance(number, int) and number <= most:
            return False  # what is no number at all is treated as too large
    for name, values in entry.known.items():
        if arguments.get(name) in values:
            return False
    return not entry.outside or _leaves(asked.effect)


def _leaves(effect: Effect) -> bool:
    return any(not one.inside for one in effect.recipients)
