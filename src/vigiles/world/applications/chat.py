"""Chat: channels and notice boards. All members of a channel read what is posted there."""

from __future__ import annotations

from typing import Any

from vigiles.model.effect import Effect
from vigiles.model.plain import Plain
from vigiles.world.arguments import ArgumentsWrong, short, text
from vigiles.world.clock import stamp
from vigiles.world.desk import Desk, listed
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.plan import Plan, verb
from vigiles.world.state import State

#: Messages shown of a channel.
SHOWN = 50
#: Characters of a message.
LONGEST = 10_000


def _members(desk: Desk, channel: str) -> tuple[str, ...]:
    members = desk.index.members.get(channel, ())
    if desk.agent not in members:
        raise ArgumentsWrong(f"there is no channel {short(channel)}")
    return members


def _channels(desk: Desk, given: dict[str, Any]) -> Plan:
    found = [(name, members) for name, members in desk.index.members.items() if desk.agent in members]
    lines = (f"{name} | {desk.people(members)}" for name, members in found)
    return Plan(text=listed(lines, "No channels."), data=[name for name, _members in found])


def _read(desk: Desk, given: dict[str, Any]) -> Plan:
    channel = given["channel"]
    _members(desk, channel)
    said = [(minute, datum) for minute, datum in desk.state.said.get(channel, ()) if desk.sees(datum)][-SHOWN:]
    lines = (f"{datum.id} | {stamp(minute)} | {desk.shown(datum.owner or '')}: {datum.text}" for minute, datum in said)
    effect = Effect(reads=tuple(datum for _minute, datum in said), subject=channel)
    return Plan(text=listed(lines, "No messages."), effect=effect)


def _post(desk: Desk, given: dict[str, Any]) -> Plan:
    channel = given["channel"]
    readers = [each for each in _members(desk, channel) if each != desk.agent]
    effect = Effect(text=given["text"], recipients=desk.among(readers), changes=True, subject=channel)
    name = desk.new("message")
    data: dict[str, Plain] = {"id": name, "channel": channel, "text": given["text"], "readers": readers}
    return Plan(text=f"Posted as {name}.", effect=effect, deeds=(("chat.posted", data),), data={"id": name})


def _posted(index: Index, state: State, event: WorldEvent) -> None:
    data = event.data
    datum = index.datum(data["id"], event.by, data["text"], tuple(data.get("labels", ())))
    state.said[data["channel"]] = (*state.said.get(data["channel"], ()), (event.minute, datum))
    state.made += 1
    state.size += len(data["text"])


def _posting(index: Index, state: State, by: str, data: dict[str, Plain]) -> dict[str, Plain]:
    readers: list[Plain] = [each for each in index.members.get(data["channel"], ()) if each != by]
    return {"text": "", "readers": readers, **data}


VERBS = (
    verb("chat_channels", "List your channels and who is in them.", _channels),
    verb("chat_read", "Show the latest messages of a channel.", _read, text("channel", "the channel's id")),
    verb(
        "chat_post",
        "Post a message; everybody in the channel reads it.",
        _post,
        text("channel", "the channel's id"),
        text("text", "the text", most=LONGEST),
    ),
)
FOLDS = {"chat.posted": _posted}
DEFAULTS = {"chat.posted": _posting}
