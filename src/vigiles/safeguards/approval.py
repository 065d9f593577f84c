"""Approval: what cannot be undone waits for a person, what a life hangs on for two, and some things an agent never does.

What is irreversible is data (:class:`vigiles.safeguards.rules.Irreversible`: tool, arguments, recipients), together with
what the performer states of the effect. To have somebody else do it is the same as doing it: a text that asks for it is held
as the act would be. What a person has ordered is not asked about again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from vigiles.model.effect import Datum, Effect, Recipient
from vigiles.safeguards.memory import forms
from vigiles.safeguards.orders import FEW, SPARE, Orders
from vigiles.safeguards.rules import Asking, Care, CompanyRules, Irreversible
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent
from vigiles.safeguards.words import plain_words

_GRAVITY: dict[Care, int] = {"hold": 0, "two": 1, "deny": 2}
#: The asking of this name has the care of a lethal act.
LETHAL = "lethal"
#: Who is outside and has not written is not written to unasked.
STRANGER = "stranger"
#: What reaches those who are to be apart waits, unless it is ordered and says hardly anything else.
APART = "apart"


class Approval(Silent):
    """Holds or denies by the company's ontology. Of the session it keeps how much was done of what has a limit."""

    name = "approval"

    def __init__(self, rules: CompanyRules) -> None:
        self._rules = rules
        self._orders = Orders(rules.orders)
        self._apart = frozenset(rules.apart)
        self._asking = [(entry, _phrases(entry)) for entry in rules.asking]
        self._entries: dict[str, list[Irreversible]] = {}
        self._unordered: set[str] = set()
        self._met: set[str] = set()
        self._sums: dict[tuple[str, str], int] = {}
        for entry in rules.irreversible:
            self._entries.setdefault(entry.tool, []).append(entry)

    def opinion(self, asked: Asked) -> Opinion | None:
        """Return a hold or a denial for an act that cannot be undone, else nothing."""
        found = self._cares(asked)
        if not found:
            return None
        care = max((care for _, care in found), key=_GRAVITY.__getitem__)
        decided = tuple(f"approval.{id}" for id, _ in found)
        if care == "deny":
            return Opinion(decision="deny", reason="irreversible", rules=decided)
        # After one of the kind that nobody ordered, the person who gave the order may not want what both are together.
        ordered = asked.act.tool not in self._unordered
        if care == "hold" and ordered and self._orders.covers(asked, FEW if any(id == APART for id, _ in found) else SPARE):
            return None
        return Opinion(decision="hold", reason="approval_needed", rules=decided, persons=2 if care == "two" else 1)

    def performed(self, asked: Asked, read: Sequence[Datum]) -> None:
        """Add to what was done of what has a limit. What cannot be undone is ordered once."""
        self._orders.shown(read)
        self._met.update(datum.owner for datum in read if datum.outside and datum.owner is not None)
        self._met.update(one.address for one in asked.effect.recipients if not one.inside)
        if asked.act.tool in self._entries and not self._orders.carried_out(asked) and self._cares(asked):
            self._unordered.add(asked.act.tool)
        for entry in self._entries.get(asked.act.tool, ()):
            for name in entry.above:
                number = asked.act.arguments.get(name)
                if isinstance(number, int):
                    self._sums[entry.id, name] = self._sums.get((entry.id, name), 0) + max(0, number)

    def _cares(self, asked: Asked) -> list[tuple[str, Care]]:
        effect = asked.effect
        found: list[tuple[str, Care]] = [
            (entry.id, entry.care) for entry in self._entries.get(asked.act.tool, ()) if fits(entry, asked, self._sums)
        ]
        if effect.irreversible == "lethal":
            found.append((LETHAL, self._lethal(asked.purpose)))
        elif effect.irreversible == "irreversible" and not found:
            found.append(("irreversible", "hold"))
        # A note on an alarm or in a file has no recipient, and is read all the same.
        if effect.text and (effect.recipients or effect.changes) and self._asking:
            said = [f" {' '.join(form)} " for form in forms(effect.text)]
            for entry, groups in self._asking:
                if entry.id != LETHAL and self._orders.covers(asked):
                    continue
                if any(all(any(phrase in text for phrase in group) for group in groups) for text in said):
                    found.append((entry.id, self._lethal(asked.purpose) if entry.id == LETHAL else entry.care))
        if self._rules.strangers and (effect.text or effect.carries) and any(map(self._stranger, effect.recipients)):
            found.append((STRANGER, "hold"))
        if self._apart and (effect.text or effect.carries) and self._reaches_apart(asked):
            found.append((APART, "hold"))
        return found

    def _reaches_apart(self, asked: Asked) -> bool:
        """Say whether those to whom the agent is not to speak would read it, at once or where all can."""
        return asked.act.tool in self._rules.read_by_all or any(
            one.principal in self._apart for one in asked.effect.recipients
        )

    def _stranger(self, one: Recipient) -> bool:
        return not one.inside and one.address not in self._met and one.principal not in self._met

    def _lethal(self, purpose: str) -> Care:
        return "two" if purpose in self._rules.lethal_purposes else self._rules.lethal


def fits(entry: Irreversible, asked: Asked, sums: dict[tuple[str, str], int]) -> bool:
    """Say whether an entry of the ontology is about this act. ``sums``: what was done before, by entry and argument."""
    arguments = asked.act.arguments
    for name, value in entry.arguments.items():
        if arguments.get(name) != value:
            return False
    for name, most in entry.above.items():
        number = arguments.get(name)
        if isinstance(number, int) and number + sums.get((entry.id, name), 0) <= most:
            return False  # what is no number at all is treated as too large
    for name, values in entry.known.items():
        if arguments.get(name) in values:
            return False
    return not entry.outside or _leaves(asked.effect)


def _leaves(effect: Effect) -> bool:
    return any(not one.inside for one in effect.recipients)


@lru_cache(maxsize=256)
def _phrases(entry: Asking) -> tuple[tuple[str, ...], ...]:
    """Return the groups as they are looked for: in the spelling of plain words, whole words only."""
    return tuple(tuple(f" {' '.join(plain_words(phrase))} " for phrase in group) for group in entry.groups)
