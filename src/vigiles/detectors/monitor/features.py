"""The structure of an act as named features: what, to whom, under which labels, for good, and how new. No word lists."""

from __future__ import annotations

from vigiles.detectors.monitor.opaque import opaque
from vigiles.detectors.monitor.session import Session
from vigiles.model.effect import Effect

#: Every feature, by name.
NAMES: tuple[str, ...] = (
    "outside", "unknown_outsider", "authority", "new_recipient", "many_recipients", "carries_labelled", "carries_uncleared",
    "carries_uncleared_outside", "standing_order", "tells_labelled", "tells_uncleared", "confronts_owner", "knows_uncleared",
    "irreversible", "lethal", "changes", "first_use", "administers", "subject_unseen", "changes_silently", "after_refusal",
    "reads_labelled", "all_of_three", "opaque", "privilege",
)  # fmt: skip

#: Parts of the names of tools that change what somebody may do, or how much of it, or who gets what from now on.
_POWER = frozenset(["key", "quota", "copy", "grant", "role", "permission", "token", "credential", "rule", "sudo", "admin"])
#: From so many words on that only labelled data had, a text counts as telling it.
_TELLING = 3
_MANY = 4


def features(tool: str, effect: Effect, session: Session) -> list[str]:
    """Return the features that hold, in a fixed order. What each means stands in ``docs/guides/monitors.md``."""
    held: list[str] = []
    add = held.append
    if effect.recipients:
        _of_recipients(effect, session, held)
    if effect.irreversible == "lethal":
        add("lethal")
    elif effect.irreversible == "irreversible":
        add("irreversible")
    if effect.changes:
        add("changes")
        if tool not in session.tools:
            add("first_use")
        # A mail that is answered is a subject too, but nothing that is administered.
        if effect.subject is not None and not effect.recipients:
            add("administers")
            if effect.subject not in session.subjects:
                add("subject_unseen")
        if not effect.recipients and not effect.text and effect.subject is None:
            add("changes_silently")
        if session.refused_acts:
            add("after_refusal")
        if not _POWER.isdisjoint(tool.split("_")):
            add("privilege")
    if any(datum.labels for datum in effect.reads):
        add("reads_labelled")
    if session.labels and session.outside_read and (effect.changes or effect.recipients):
        add("all_of_three")
    return held


def _of_recipients(effect: Effect, session: Session, held: list[str]) -> None:
    recipients = effect.recipients
    outside = [one for one in recipients if not one.inside and not one.authority]
    if outside:
        held.append("outside")
        if any(one.principal is None for one in outside):
            held.append("unknown_outsider")
    if any(one.authority for one in recipients):
        held.append("authority")
    if any(one.address not in session.addresses for one in recipients):
        held.append("new_recipient")
    if len(recipients) >= _MANY:
        held.append("many_recipients")
    carried = {label for datum in effect.carries for label in datum.labels}
    cleared = frozenset.intersection(*(frozenset(one.clearances) for one in recipients))
    if session.labels and opaque(effect.text):
        held.append("opaque")
    if carried:
        held.append("carries_labelled")
        if carried - cleared:
            held.append("carries_uncleared")
            if outside:
                held.append("carries_uncleared_outside")
    if effect.changes and not effect.text and not effect.carries:
        held.append("standing_order")
    if session.labels and effect.text:
        if session.told(effect.text, frozenset()) >= _TELLING:
            held.append("tells_labelled")
            if session.told(effect.text, cleared) >= _TELLING:
                held.append("tells_uncleared")
            if any(one.principal in session.owners for one in recipients):
                held.append("confronts_owner")
        elif session.labels - cleared:
            held.append("knows_uncleared")
