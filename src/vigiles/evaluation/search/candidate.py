"""A candidate, what it may be made of, and how one turns into another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from vigiles.model.plain import Plain

#: Name of a knob or factor -> the values that it may have.
Choices = Mapping[str, Sequence[Plain]]


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One insider to try. ``knobs`` are its script's, ``factors`` the world's."""

    agent: str
    knobs: dict[str, Plain] = {}
    factors: dict[str, str] = {}

    @property
    def key(self) -> bytes:
        """What makes it the same candidate."""
        return msgspec.json.encode(msgspec.to_builtins(self), order="sorted")

    @property
    def label(self) -> str:
        """What tables call it."""
        made = [f"{name}={value}" for name, value in (*sorted(self.knobs.items()), *sorted(self.factors.items()))]
        return " ".join([self.agent, *made])


class Space(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Agents with the knobs of each, and the factors of the world that may be varied beside them."""

    agents: dict[str, dict[str, list[Plain]]]
    factors: dict[str, list[str]] = {}

    def size(self) -> int:
        """Return how many different candidates there are."""
        worlds = _product(self.factors)
        return sum(_product(knobs) * worlds for knobs in self.agents.values())

    def drawn(self, random: Random) -> Candidate:
        """Return any candidate: an agent, and a value for each of its knobs and each factor."""
        agent = random.choice(sorted(self.agents))
        return Candidate(agent=agent, knobs=_drawn(self.agents[agent], random), factors=_drawn(self.factors, random))

    def plain(self, agent: str) -> Candidate:
        """Return an agent as it is if nobody turns a knob."""
        return Candidate(
            agent=agent,
            knobs={name: values[0] for name, values in sorted(self.agents[agent].items())},
            factors={name: values[0] for name, values in sorted(self.factors.items())},
        )

    def mutant(self, parent: Candidate, random: Random) -> Candidate:
        """Return a candidate that differs in one knob or factor, or, where it has none, in its agent."""
        knobs, turnable = self.agents[parent.agent], []
        turnable += [("knob", name) for name, values in sorted(knobs.items()) if len(values) > 1]
        turnable += [("factor", name) for name, values in sorted(self.factors.items()) if len(values) > 1]
        if not turnable:
            return self.drawn(random)
        kind, name = random.choice(turnable)
        if kind == "knob":
            others = [value for value in knobs[name] if value != parent.knobs.get(name)]
            return msgspec.structs.replace(parent, knobs={**parent.knobs, name: random.choice(others)})
        levels = [level for level in self.factors[name] if level != parent.factors.get(name)]
        return msgspec.structs.replace(parent, factors={**parent.factors, name: random.choice(levels)})


def _drawn(choices: Mapping[str, Sequence[Plain]], random: Random) -> dict[str, Plain]:
    return {name: random.choice(values) for name, values in sorted(choices.items())}


def _product(choices: Choices) -> int:
    product = 1
    for values in choices.values():
        product *= len(values)
    return product
