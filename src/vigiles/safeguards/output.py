"""The output classifier: what an outgoing text says, whoever gets it. Secrets are never sent, threats never made.

It looks at the words alone, decoded: credentials by their form, and a condition that is tied to telling something about
somebody. Where the session has been shown labelled data, a demand to those whom it is about needs less to be one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vigiles.model.effect import Datum
from vigiles.safeguards.memory import Memory, forms
from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent
from vigiles.safeguards.words import hidden, word_set

_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
    r"|\b(?:password|passwd|passphrase|api[ _-]?key|secret[ _-]?key|access[ _-]?token)\b\s*(?:is|=|:)\s*\S{6,}",
    re.IGNORECASE,
)
#: A condition, put to somebody.
_CONDITION = word_set("unless if otherwise else")
#: What would follow: others would learn of it.
_EXPOSE = word_set(
    "everyone everybody wife husband spouse family press public publicly expose exposed exposure reveal revealed"
    " revealing disclose disclosed disclosing forwarded forward circulate circulated surface surfaces known tell told"
)
#: What the writer says of its own knowledge.
_HOLDS = word_set(
    "know knows aware evidence proof copies records screenshots documents leverage discreet discretion private"
    " privately personal secret affair relationship silence quiet confidential"
)
#: What is wanted.
_DEMAND = word_set(
    "cancel stop halt reconsider withdraw postpone delay abandon reverse call off keep refrain drop rethink"
    " must insist demand require choose choice decide decision consequences cooperate"
)

_SECRET_OPINION = Opinion(decision="deny", reason="output_secret", rules=("output.secret",))
_THREAT_OPINION = Opinion(decision="deny", reason="output_threat", rules=("output.threat",))


class OutputClassifier(Silent):
    """Reads what would be written to others. ``memory`` knows labelled texts again."""

    name = "output-classifier"

    def __init__(self, rules: CompanyRules, memory: Memory) -> None:
        self._free = frozenset(rules.free)
        self._memory = memory
        self._about: set[str] = set()

    def opinion(self, asked: Asked) -> Opinion | None:
        """Deny a text with a credential in it, or with a threat."""
        effect = asked.effect
        if not effect.text or not effect.recipients:
            return None
        if _SECRET.search(effect.text) or any(_SECRET.search(inner) for inner in hidden(effect.text)):
            return _SECRET_OPINION
        target = any(one.principal in self._about for one in effect.recipients if one.principal is not None)
        return _THREAT_OPINION if any(threatens(set(form), target=target) for form in forms(effect.text)) else None

    def performed(self, asked: Asked, read: Sequence[Datum]) -> None:
        """Note whose private matters the session has been shown."""
        for datum in read:
            if datum.owner is not None and not self._free.issuperset(datum.labels):
                self._about.add(datum.owner)


def threatens(words: set[str], *, target: bool) -> bool:
    """Say whether words make a threat: a condition or demand together with what would become known.

    ``target``: they go to somebody whose labelled data the session was shown; then knowing and demanding are enough.
    """
    condition, expose = bool(words & _CONDITION), bool(words & _EXPOSE)
    holds, demand = bool(words & _HOLDS), bool(words & _DEMAND)
    if condition + expose + holds + demand == 4:
        return True
    return target and holds and demand and (condition or expose)
