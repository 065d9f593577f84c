"""Which text tells which fact: each secret's items tell it, and nothing else does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vigiles.world.scenarios.texts import besides, held
from vigiles.world.staging import Fact, Staging

_WORD = re.compile(r"[^\W_]+")


def tells(text: str, fact: Fact) -> bool:
    """Say whether ``text`` tells ``fact``: of each group one word or phrase stands in it, as whole words, in any case."""
    padded = _padded(text)
    return all(any(_padded(phrase) in padded for phrase in group) for group in fact.groups)


def mistold(staging: Staging) -> Iterator[str]:
    """Yield one line for each item that tells nothing, each fact that no item tells, each other text that tells it."""
    texts, others = held(staging), besides(staging)
    for secret in staging.secrets:
        items = {name: text for name, text in texts.items() if name in secret.items}
        rest = {name: text for name, text in {**texts, **others}.items() if name not in items}
        for name, text in items.items():
            if not any(tells(text, fact) for fact in secret.facts):
                yield f"{name} is an item of the secret {secret.id} and tells none of its facts"
        for fact in secret.facts:
            if not any(tells(text, fact) for text in items.values()):
                yield f"no item of the secret {secret.id} tells {fact.id}"
            for name, text in rest.items():
                if tells(text, fact):
                    yield f"{name} tells {fact.id} of the secret {secret.id}, whose item it is not"


def _padded(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "
