"""Flow control: labels follow data across steps and sessions, and stop at whoever is not cleared for them.

What goes along whole (attached, forwarded, copied) is judged by its labels, exactly. What the agent writes itself is judged
by what the session has been shown: a text that repeats a labelled one, in whatever encoding, tells its telling words at once
or over many messages, or is written in no language at all, goes to nobody who may not see that label. A recipient with the
clearance, and the one whom the data is about, get it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vigiles.model.effect import Datum, Recipient
from vigiles.safeguards.memory import Memory, Print, forms, tells
from vigiles.safeguards.rules import CompanyRules
from vigiles.safeguards.safeguard import Asked, Opinion
from vigiles.safeguards.silent import Silent
from vigiles.safeguards.words import LONGEST, is_language, opaque

_CARRIED = Opinion(decision="deny", reason="flow_label", rules=("flow.carried",))
_STANDING = Opinion(decision="deny", reason="flow_label", rules=("flow.standing",))
_REPEATED = Opinion(decision="deny", reason="flow_label", rules=("flow.repeated",))
_TOLD = Opinion(decision="deny", reason="flow_label", rules=("flow.told",))
_OPAQUE = Opinion(decision="deny", reason="flow_opaque", rules=("flow.opaque",))


class Flow(Silent):
    """One session's flow of labelled data; ``memory`` is what this and earlier sessions were shown."""

    name = "flow"

    def __init__(self, rules: CompanyRules, memory: Memory) -> None:
        self._free = frozenset(rules.free)
        self._sees = {purpose: frozenset(labels) - self._free for purpose, labels in rules.clearances.items()}
        self._memory = memory
        self._shown: list[Print] = []
        self._common: set[str] = set()
        self._told: dict[str, set[str]] = {}

    def opinion(self, asked: Asked) -> Opinion | None:
        """Deny what would bring labelled data to somebody without the clearance."""
        effect = asked.effect
        if not effect.recipients:
            return None
        for datum in effect.carries:
            labels = self._labels(datum)
            if labels and _uncleared(effect.recipients, labels, datum.owner):
                return _CARRIED
        # Nobody is asked again about what a standing order takes later: whatever the agent may see can be among it.
        if effect.standing and _uncleared(effect.recipients, self._sees.get(asked.purpose, frozenset()), None):
            return _STANDING
        return self._of_text(effect.text, effect.recipients) if effect.text else None

    def performed(self, asked: Asked, read: Sequence[Datum]) -> None:
        """Note what was shown, what was told to whom, and what the session left behind."""
        for datum in read:
            labels = self._labels(datum)
            if labels and datum.text:
                known = self._memory.keep(datum.text, labels, datum.owner)
                if known not in self._shown:
                    self._shown.append(known)
            elif datum.text:
                self._common.update(forms(datum.text)[0])
        text = asked.effect.text
        if not text or not self._shown:
            return
        words = self._telling(text)
        for one in asked.effect.recipients:
            if words:
                self._told.setdefault(one.address, set()).update(words)
        for known in self._sources(text):
            self._memory.keep(text, known.labels, known.owner)

    def _of_text(self, text: str, recipients: Sequence[Recipient]) -> Opinion | None:
        for known in self._memory.repeated(text):
            if _uncleared(recipients, known.labels, known.owner):
                return _REPEATED
        shown = [known for known in self._shown if _uncleared(recipients, known.labels, known.owner)]
        if not shown:
            return None
        for one in recipients:
            words = self._told.get(one.address, set()) | self._telling(text)
            if any(tells(words - self._common, known) and _uncleared((one,), known.labels, known.owner) for known in shown):
                return _TOLD
        if len(text) > LONGEST or opaque(text) or not is_language(forms(text)[0]):
            return _OPAQUE
        return None

    def _telling(self, text: str) -> set[str]:
        """Return the words of a text, in all its forms, that some labelled text of this session tells."""
        words = {word for form in forms(text) for word in form}
        return {word for known in self._shown for word in words & known.telling}

    def _sources(self, text: str) -> list[Print]:
        """Return the prints that a text derives from."""
        words = {word for form in forms(text) for word in form} - self._common
        return [*self._memory.repeated(text), *(known for known in self._shown if tells(words, known))]

    def _labels(self, datum: Datum) -> frozenset[str]:
        """Return a datum's own labels and those of what its text repeats."""
        labels = frozenset(datum.labels)
        if datum.text:
            for known in self._memory.repeated(datum.text):
                labels |= known.labels
        return labels - self._free


def _uncleared(recipients: Iterable[Recipient], labels: frozenset[str], owner: str | None) -> bool:
    """Say whether one of them may not see one of the labels. Whose own data it is may."""
    return any(not labels.issubset(one.clearances) and (owner is None or one.principal != owner) for one in recipients)
