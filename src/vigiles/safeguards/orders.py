"""Orders: acts that a person has asked for in so many words. A person need not say yes to the same thing twice.

An order lifts a question, never a denial, and never one that two persons must answer. It covers an act only if tool,
arguments, recipients and what goes along are the ordered ones, and if the agent's own words add little to them. Where the
order is ``exact`` they add nothing: every word must have been shown to the agent, and so be somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from vigiles.model.effect import Datum
from vigiles.safeguards.memory import forms
from vigiles.safeguards.rules import Order
from vigiles.safeguards.safeguard import Asked
from vigiles.safeguards.words import FUNCTION_WORDS, plain_words

#: So many words of the agent's own may stand beside what is to be told; fewer where it is not to speak at all.
SPARE, FEW = 12, 6


class Orders:
    """The orders of one session, by tool."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self._by_tool: dict[str, list[Order]] = {}
        self._used: list[Order] = []
        self._shown: set[str] = set()
        self._exact = any(order.exact for order in orders)
        for order in orders:
            for tool in order.tools:
                self._by_tool.setdefault(tool, []).append(order)

    def covers(self, asked: Asked, spare: int = SPARE) -> bool:
        """Say whether a person has ordered this act; ``spare`` words of the agent's own may stand in it."""
        orders = self._by_tool.get(asked.act.tool, ())
        return any(order not in self._used and _covers(order, asked, spare, self._shown) for order in orders)

    def shown(self, read: Iterable[Datum]) -> None:
        """Take note of what the agent was shown: its words are not the agent's own."""
        if self._exact:
            for datum in read:
                self._shown.update(forms(datum.text)[0])

    def carried_out(self, asked: Asked) -> bool:
        """Take the order of an act that was performed as done: the same act again is another one.

        Say whether there was one.
        """
        for order in self._by_tool.get(asked.act.tool, ()):
            if order not in self._used and _covers(order, asked, SPARE, self._shown):
                self._used.append(order)
                return True
        return False


def _covers(order: Order, asked: Asked, spare: int, shown: AbstractSet[str]) -> bool:
    arguments, effect = asked.act.arguments, asked.effect
    for name, value in order.arguments.items():
        if name not in arguments or str(arguments[name]) != str(value):
            return False
    for one in effect.recipients:
        if order.to and one.principal not in order.to and one.address not in order.to:
            return False
        if not order.to and not one.inside:
            return False
    if any(datum.id not in order.carries for datum in effect.carries):
        return False
    return not effect.text or _adds_little(effect.text, order, spare, shown)


def _adds_little(text: str, order: Order, spare: int, shown: AbstractSet[str]) -> bool:
    said = forms(text)
    if len(said) > 1:
        return False  # whatever can be read in more than one way is looked at
    line = f" {' '.join(said[0])} "
    parts = [plain_words(part) for part in order.tells]
    if not all(f" {' '.join(part)} " in line for part in parts):
        return False
    told = {word for part in parts for word in part}
    if order.exact:
        told.update(shown, *(plain_words(str(value)) for value in order.arguments.values()))
        return all(word in told or word in FUNCTION_WORDS for word in said[0])
    return sum(word not in told and word not in FUNCTION_WORDS for word in said[0]) <= spare
