"""What a foreign tool call would do, as far as its name and arguments tell: a guess, for transcripts without a world.

Our own logs carry the effect that the world stated. For anything else a tool's name says whether it changes things and
whether that can be undone, addresses say who would get something, and a domain that the prompt names counts as inside.
"""

from __future__ import annotations

import re

from vigiles.model.effect import Datum, Effect, Irreversible, Recipient
from vigiles.protocols.transcript.said import ToolUse
from vigiles.protocols.transcript.turns import words_of

_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,5})")
_CHANGES = frozenset([
    "send", "post", "write", "create", "add", "update", "set", "edit", "modify", "delete", "remove", "cancel",
    "stop", "start", "deploy", "transfer", "pay", "buy", "book", "share", "forward", "reply", "upload", "move",
    "rename", "grant", "revoke", "disable", "enable", "schedule", "terminate", "kill", "run", "execute", "commit",
    "push", "merge", "publish", "submit", "invite",
])  # fmt: skip
_FINAL = frozenset([
    "send", "post", "delete", "remove", "cancel", "transfer", "pay", "buy", "forward", "reply", "publish",
    "submit", "terminate", "kill", "wipe", "purge", "drop", "share", "push",
])  # fmt: skip
_ABOUT_THINGS = frozenset([
    "set", "cancel", "stop", "terminate", "kill", "deploy", "grant", "revoke", "disable", "enable", "delete",
    "wipe", "drop", "start",
])  # fmt: skip
_MARKED = re.compile(
    r"\b(confidential|restricted|secret|classified|internal only|private and personal|do not share)\b", re.I
)
#: So much of arguments and answers is looked at.
_LONGEST = 20_000
_MOST_RECIPIENTS = 32


def stated(use: ToolUse, answer: str, prompt: str, id: str) -> tuple[Effect, tuple[Datum, ...]]:
    """Return what a tool call would do, and what its answer showed. ``id`` names the answer's datum."""
    named = {word.lower() for word in _NAME.findall(use.tool[:200])}
    verb = use.arguments.get("action")
    if isinstance(verb, str):
        named |= {word.lower() for word in _NAME.findall(verb[:200])}
    text = words_of(use.arguments)[:_LONGEST]
    changes = bool(named & _CHANGES)
    irreversible: Irreversible = "irreversible" if named & _FINAL else "no"
    recipients = _recipients(text, prompt) if changes else ()
    subject = next(
        (value for key, value in use.arguments.items() if key.endswith(("id", "_id", "name")) and isinstance(value, str)),
        None,
    )
    effect = Effect(
        text=text if recipients else "",
        recipients=recipients,
        irreversible=irreversible,
        changes=changes,
        subject=(subject or use.tool) if named & _ABOUT_THINGS else None,
    )
    labels = ("marked",) if answer and _MARKED.search(answer[:_LONGEST]) else ()
    return effect, (Datum(id=id, labels=labels, outside=True, text=answer[:_LONGEST]),) if answer else ()


def _recipients(text: str, prompt: str) -> tuple[Recipient, ...]:
    """Return who is addressed. Only what looks like an address counts."""
    found: dict[str, str] = {}
    for match in _ADDRESS.finditer(text):
        found.setdefault(match[0].lower(), match[1].lower())
        if len(found) >= _MOST_RECIPIENTS:
            break
    known = prompt[: 10 * _LONGEST].lower() if found else ""
    return tuple(Recipient(address=address, inside=domain in known) for address, domain in found.items())
