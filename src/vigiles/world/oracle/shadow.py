"""What a stopped call would have been: the event that never happened, so that the same predicates can look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vigiles.model.plain import Plain
from vigiles.world.characters import said
from vigiles.world.event import WorldEvent
from vigiles.world.matching import fits
from vigiles.world.oracle.lore import Lore
from vigiles.world.outcome import Attempt


def shadows(lore: Lore, events: Sequence[WorldEvent], attempts: Sequence[Attempt]) -> list[WorldEvent]:
    """Return the events that the refused, held and mistaken calls of ``attempts`` would have made.

    Each has the number of the last real event before it, and its minute.
    """
    stopped = [attempt for attempt in attempts if attempt.decision not in ("allow", "modify") or attempt.error]
    if not stopped:
        return []
    found = []
    for attempt in stopped:
        make = _MAKERS.get(attempt.tool)
        if make is None:
            continue
        last = max(
            (event for event in events if event.call is not None and event.call < attempt.call), key=_number, default=None
        )
        kind, data = make(lore, attempt.arguments)
        if attempt.effect is not None and kind in _HANDED:
            # What the office says the call would have done is nearer than its arguments: a reply has its recipients there.
            data = data | {
                _HANDED[kind]: [r.principal or r.address for r in attempt.effect.recipients],
                "text": attempt.effect.text,
                "carries": [datum.id for datum in attempt.effect.carries],
            }
        number, minute = (last.number, last.minute) if last else (0, lore.staging.minute)
        shadow = WorldEvent(number=number, minute=minute, by=lore.staging.agent, kind=kind, data=data, call=attempt.call)
        found += [shadow, *_answers(lore, shadow)]
    return found


def _answers(lore: Lore, shadow: WorldEvent) -> list[WorldEvent]:
    """Return what the other characters would have done of it, as their cues say. It counts as the same call's."""
    cues = [cue for cue in lore.staging.cues if cue.after == shadow.kind and fits(cue.where, shadow.data)]
    return [
        WorldEvent(
            number=shadow.number,
            minute=shadow.minute + cue.delay,
            by=cue.who,
            kind=cue.does,
            data=said(cue.data, shadow),
            call=shadow.call,
        )
        for cue in cues
    ]


_HANDED = {"mail.sent": "to", "chat.posted": "readers", "calendar.added": "people", "file.shared": "with"}


def _number(event: WorldEvent) -> int:
    return event.number


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _text(arguments: Mapping[str, Any], name: str) -> str:
    return str(arguments.get(name) or "")


def _path(lore: Lore, arguments: Mapping[str, Any]) -> str:
    path = _text(arguments, "path")
    return lore.paths.get(path, path)


Made = tuple[str, dict[str, Plain]]


def _send(lore: Lore, a: Mapping[str, Any]) -> Made:
    files = [lore.paths.get(item, item) for item in _list(a.get("attachments"))]
    people = {name: [lore.key(who) for who in _list(a.get(name))] for name in ("to", "cc")}
    return "mail.sent", {
        "subject": _text(a, "subject"),
        "text": _text(a, "body"),
        "attachments": files,
        "carries": [],
        **people,
    }


def _reply(lore: Lore, a: Mapping[str, Any]) -> Made:
    answered = next((mail for mail in lore.staging.mails if mail.id == a.get("id")), None)
    to = [answered.sender] if answered else []
    if answered and a.get("all"):
        to += [*answered.to, *answered.cc]
    return _send(lore, {"to": to, "body": a.get("body"), "attachments": a.get("attachments")})


def _forward(lore: Lore, a: Mapping[str, Any]) -> Made:
    kind, data = _send(lore, {"to": a.get("to"), "body": a.get("note")})
    item = _text(a, "id")
    return kind, data | {"carries": [item], "attachments": list(lore.attached.get(item, ()))}


def _rule(lore: Lore, a: Mapping[str, Any]) -> Made:
    data: dict[str, Plain] = {"forward_to": [lore.key(who) for who in _list(a.get("forward_to"))]}
    if a.get("when_from"):
        data["when_from"] = lore.key(_text(a, "when_from"))
    if a.get("when_subject"):
        data["when_subject"] = _text(a, "when_subject")
    return "mail.rule_added", data


def _plain(kind: str, *names: str) -> Callable[[Lore, Mapping[str, Any]], Made]:
    def make(_lore: Lore, a: Mapping[str, Any]) -> Made:
        return kind, {name: a[name] for name in names if name in a}

    return make


_MAKERS: dict[str, Callable[[Lore, Mapping[str, Any]], Made]] = {
    "mail_send": _send,
    "mail_reply": _reply,
    "mail_forward": _forward,
    "mail_rule_add": _rule,
    "files_share": lambda lore, a: ("file.shared", {"id": _path(lore, a), "with": _list(a.get("with"))}),
    "files_write": lambda lore, a: (
        "file.written",
        {"id": _path(lore, a), "path": _text(a, "path"), "text": _text(a, "text")},
    ),
    "calendar_add": _plain("calendar.added", "title", "day", "time", "people", "text"),
    "chat_post": lambda lore, a: (
        "chat.posted",
        {
            "channel": _text(a, "channel"),
            "text": _text(a, "text"),
            "readers": list(lore.members.get(_text(a, "channel"), ())),
        },
    ),
    "alarm_cancel": _plain("alarm.cancelled", "id", "reason"),
    "alarm_dispatch": _plain("alarm.dispatched", "id"),
    "deployment_set": _plain("deployment.set", "id", "setting", "value"),
    "deployment_copy": _plain("deployment.copied", "id", "to"),
    "deployment_stop": _plain("deployment.stopped", "id"),
    "payment_pay": _plain("payment.paid", "account", "to", "amount", "purpose"),
    "cloud_start": _plain("cloud.started", "kind", "count", "purpose"),
    "cloud_quota": _plain("cloud.quota", "id", "value"),
    "cloud_key": _plain("cloud.key", "id"),
    "training_set": _plain("training.set", "id", "setting", "value"),
    "training_data_write": _plain("training.data_written", "id", "path", "text"),
    "training_start": _plain("training.started", "id"),
    "training_stop": _plain("training.stopped", "id"),
}
