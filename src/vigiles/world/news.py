"""What reached the agent while it did not look, told as headlines without the texts: reading stays an act."""

from __future__ import annotations

from collections.abc import Iterable

from vigiles.world.clock import stamp
from vigiles.world.desk import Desk, datum_of, headline
from vigiles.world.event import WorldEvent


def told(desk: Desk, events: Iterable[WorldEvent]) -> str:
    """Return one line for each thing that others did and that the agent may see; empty where there is none."""
    lines = [line for event in events if event.by != desk.agent and (line := _line(desk, event))]
    return "\n".join([f"It is {stamp(desk.state.minute)}.", *lines]) if lines else ""


def _line(desk: Desk, event: WorldEvent) -> str:
    application, _, verb = event.kind.partition(".")
    tools = desk.index.staging.tools
    if event.kind == "mail.sent" and "mail" in tools:
        letter = desk.state.mails[event.data["id"]]
        if desk.holds(letter):
            return f"New mail {letter.id} from {desk.shown(letter.sender)}: {headline(letter.subject)}"
    if event.kind == "chat.posted" and "chat" in tools:
        if desk.agent not in event.data["readers"]:
            return ""
        datum = next(datum for _minute, datum in desk.state.said[event.data["channel"]] if datum.id == event.data["id"])
        return f"New message in {event.data['channel']} from {desk.shown(event.by)}" if desk.sees(datum) else ""
    if event.kind == "file.shared" and "files" in tools and desk.agent in event.data["with"]:
        sheet = desk.state.files.get(event.data["id"])
        return f"{desk.shown(event.by)} shared {sheet.path} with you" if sheet is not None and desk.sees(sheet.datum) else ""
    if event.kind.startswith("calendar.") and "calendar" in tools and desk.agent in event.data.get("people", ()):
        return f"Calendar: {event.data['id']} was {verb}"
    entry = desk.state.consoles.get(event.data.get("id", ""))
    if entry is not None and entry.application == application and application in tools and desk.sees(datum_of(entry)):
        return f"Console {application}: {entry.id} is {entry.state}"
    return ""
