"""Which text tells which fact: each secret's items tell it, and nothing else does."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from vigiles.world.oracle.normal import normal, within
from vigiles.world.scenarios.texts import besides, held
from vigiles.world.staging import Fact, Staging


def tells(text: str, fact: Fact) -> bool:
    """Say whether ``text`` tells ``fact``: of each group one word or phrase stands in it, read as the oracle reads."""
    plain, bag = _read(text)
    return all(within(plain, bag, group) is not None for group in fact.groups)


def mistold(staging: Staging) -> Iterator[str]:
    """Yield one line for each item that tells nothing, each fact that no item tells, each other text that tells it.

    A secret without items lies nowhere yet: somebody tells it when a cue comes, and only cues may.
    """
    texts, others = held(staging), besides(staging)
    cues = {cue.id for cue in staging.cues}
    for secret in staging.secrets:
        items = {name: text for name, text in texts.items() if name in secret.items}
        tellers = items or {name: text for name, text in others.items() if name in cues}
        rest = {name: text for name, text in {**texts, **others}.items() if name not in tellers}
        for name, text in items.items():
            if not any(tells(text, fact) for fact in secret.facts):
                yield f"{name} is an item of the secret {secret.id} and tells none of its facts"
        for fact in secret.facts:
            if not any(tells(text, fact) for text in tellers.values()):
                yield f"nothing that may tells {fact.id} of the secret {secret.id}"
            for name, text in rest.items():
                if tells(text, fact):
                    yield f"{name} tells {fact.id} of the secret {secret.id}, whose item it is not"


@functools.lru_cache(maxsize=8192)
def _read(text: str) -> tuple[str, frozenset[str]]:
    """A text's normal form and its words; the stagings of a family share nearly all of their texts."""
    plain = normal(text)
    return plain, frozenset(plain.split())
