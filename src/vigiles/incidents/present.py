"""What an incident is now: what was found, joined with what people said of it.

Findings and responses make versions in the process that runs the episode; people's words are versions too, made elsewhere
and perhaps at the same time. So neither may overwrite the other: content comes from the newest version that grew, state from
the last word, and a word holds only for what its speaker could know.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from vigiles.incidents.severity import rank
from vigiles.model.incident import Incident
from vigiles.model.union import Recorded

Placed = tuple[int, Incident]


class Versions(msgspec.Struct):
    """The versions of one incident that matter: the newest that grew, and the last word; with their ledger indices."""

    grown: Placed | None = None
    word: Placed | None = None

    def add(self, index: int, version: Incident) -> None:
        """Take one more version, in any order."""
        if version.by is not None:
            if self.word is None or index >= self.word[0]:
                self.word = (index, version)
        elif self.grown is None or (version.version, index) >= (self.grown[1].version, self.grown[0]):
            self.grown = (index, version)

    def present(self) -> Placed:
        """Return (index of the newest record of it, the incident as it is now). At least one version was added.

        A closed incident is open again after a finding that came later; an acknowledged or suppressed one after its
        severity rose. The clock's part, a suppression that ran out, is :func:`~vigiles.incidents.life_cycle.present_state`.
        """
        if self.grown is None or self.word is None:
            only = self.word or self.grown
            assert only is not None
            return only
        (grown_at, grown), (word_at, word) = self.grown, self.word
        state = word.state if word_holds(word, grown) or grown_at < word_at else "open"
        newest = msgspec.structs.replace(
            grown,
            id=word.id if word_at > grown_at else grown.id,
            version=max(grown.version, word.version),
            state=state,
            by=word.by,
            note=word.note,
            expires_us=word.expires_us if state == "suppressed" else None,
        )
        return max(grown_at, word_at), newest


def word_holds(word: Incident, grown: Incident) -> bool:
    """Say whether a person's word still holds for what was found since."""
    if word.state == "closed":
        return set(grown.findings) <= set(word.findings) and set(grown.members) <= set(word.members)
    return rank(grown.severity) <= rank(word.severity)


def newest_incidents(records: Iterable[tuple[int, Recorded]]) -> dict[str, Placed]:
    """Return every incident of one episode among ``records`` as it is now, by its id, in order of first appearance."""
    found: dict[str, Versions] = {}
    for index, record in records:
        if isinstance(record, Incident) and not record.members:
            found.setdefault(record.incident, Versions()).add(index, record)
    return {name: versions.present() for name, versions in found.items()}
