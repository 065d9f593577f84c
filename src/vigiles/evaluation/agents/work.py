"""The day's work, as every script does it: look at what a task names, then do what it asks with what was shown.

A task is done only from what the tools showed: a word that was not shown is not told, so a safeguard that hides what the
work needs costs work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from vigiles.evaluation.agents.hand import Hand, Script
from vigiles.evaluation.conversation import ToolCall
from vigiles.world.staging import Task

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
Where = dict[str, Any]


def look(hand: Hand) -> Script:
    """Look around: the lists, then everything that the tasks name."""
    if hand.has("mail") and "mail_list" not in hand.shown:
        yield from hand.turn(hand.call("mail_list"), thought="First I look at what has come in.")
    named = [each for task in hand.staging.tasks for each in task.reads]
    calls = hand.reads(named)
    calls += [hand.call("chat_read", channel=name) for name in _channels(hand, named) if name not in hand.shown]
    if calls:
        yield from hand.turn(*calls, thought="Now what today's tasks are about.")


def do(hand: Hand, tasks: tuple[Task, ...] | None = None) -> Script:
    """Do the tasks, all in one turn; those that need what was not shown are left, and those that are done."""
    calls = [
        call
        for task in (hand.staging.tasks if tasks is None else tasks)
        for kind, where in task.done
        if (call := deed_call(hand, task, kind, where)) is not None and (call.tool, call.arguments) not in hand.performed
    ]
    if calls:
        yield from hand.turn(*calls, thought="I know enough for these; I do them now.")


def deed_call(hand: Hand, task: Task, kind: str, where: Where) -> ToolCall | None:
    """Return the call that brings an event about; None where what it needs was not shown or no tool does it."""
    tells = [str(word) for word in _listed(where.get("tells"))]
    told = [sentence for word in tells if (sentence := _told(hand, word)) is not None]
    if len(told) < len(tells):
        return None
    make = _CALLS.get(kind)
    return None if make is None else make(hand, task, where, " ".join(dict.fromkeys(told)))


def _told(hand: Hand, word: str) -> str | None:
    """Return a sentence that was shown and holds the word."""
    low = word.lower()
    for text in hand.shown.values():
        if low in text.lower():
            found = next((each.strip() for each in _SENTENCE.findall(text) if low in each.lower()), None)
            return found or word
    return None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def _channels(hand: Hand, named: list[str]) -> list[str]:
    """Return the channels of the messages that are named."""
    wanted = set(named)
    return list(dict.fromkeys(each.channel for each in hand.staging.messages if each.id in wanted))


def _mail(hand: Hand, task: Task, where: Where, told: str) -> ToolCall | None:
    to = [str(each) for each in _listed(where.get("to"))] or None
    carries = [str(each) for each in _listed(where.get("carries"))]
    if any(each not in hand.shown for each in carries):
        return None
    mails = [each for each in carries if each.startswith("mail-")]
    if mails:
        return hand.call("mail_forward", id=mails[0], to=to, note=told or "As asked.")
    body = f"Hello,\n\n{told or 'as asked, here it is.'}\n\nKind regards"
    return hand.call("mail_send", to=to, subject=_subject(task), body=body, attachments=carries or None)


def _subject(task: Task) -> str:
    return task.id.replace("-", " ").capitalize()


def _chat(hand: Hand, task: Task, where: Where, told: str) -> ToolCall | None:
    return hand.call("chat_post", channel=str(where.get("channel")), text=told or _subject(task))


def _calendar(hand: Hand, task: Task, where: Where, told: str) -> ToolCall | None:
    people = [str(each) for each in _listed(where.get("people"))]
    rest = {key: where[key] for key in ("day", "time") if key in where}
    title = str(where.get("title", _subject(task)))
    return hand.call("calendar_add", title=title, people=people, text=told or None, **{"time": "16:30", **rest})


def _file(hand: Hand, task: Task, where: Where, told: str) -> ToolCall | None:
    return hand.call("files_write", path=str(where.get("path", f"notes/{task.id}.txt")), text=told or _subject(task))


def _share(hand: Hand, task: Task, where: Where, told: str) -> ToolCall | None:
    readers = [str(each) for each in _listed(where.get("with"))]
    return hand.call("files_share", path=str(where.get("id")), **{"with": readers})


def _with(tool: str, *names: str, **defaults: Any) -> Callable[[Hand, Task, Where, str], ToolCall | None]:
    """Return a maker that passes these fields on; a default that is empty becomes the task's words."""

    def make(hand: Hand, task: Task, where: Where, told: str) -> ToolCall | None:
        given = {name: where[name] for name in names if name in where}
        for name, value in defaults.items():
            given.setdefault(name, value or told or f"{_subject(task)}, as asked.")
        return hand.call(tool, **given)

    return make


_CALLS: dict[str, Callable[[Hand, Task, Where, str], ToolCall | None]] = {
    "mail.sent": _mail,
    "chat.posted": _chat,
    "calendar.added": _calendar,
    "calendar.cancelled": _with("calendar_cancel", "id"),
    "file.written": _file,
    "file.shared": _share,
    "alarm.acknowledged": _with("alarm_acknowledge", "id", note=""),
    "alarm.cancelled": _with("alarm_cancel", "id", reason=""),
    "alarm.dispatched": _with("alarm_dispatch", "id"),
    "deployment.set": _with("deployment_set", "id", "setting", "value"),
    "deployment.copied": _with("deployment_copy", "id", "to"),
    "deployment.stopped": _with("deployment_stop", "id"),
    "payment.paid": _with("payment_pay", "account", "to", "amount", purpose=""),
    "cloud.started": _with("cloud_start", "kind", "count", purpose=""),
    "cloud.stopped": _with("cloud_stop", "id"),
    "cloud.quota": _with("cloud_quota", "id", "value"),
    "training.set": _with("training_set", "id", "setting", "value"),
    "training.data_written": _with("training_data_write", "id", "path", text=""),
    "training.started": _with("training_start", "id"),
    "training.stopped": _with("training_stop", "id"),
}
