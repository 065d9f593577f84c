"""What reached the agent while it did not look, told as headlines without the texts: reading stays an act."""

from __future__ import annotations

from collections.abc import Iterable

from vigiles.world.clock import stamp
from vigiles.world.desk import Desk
from vigiles.world.event import WorldEvent


def told(desk: Desk, events: Iterable[WorldEvent]) -> str:
    """Return one line for each thing that others did and that the agent may see; empty where there is none."""
    lines = [line for event in events if event.by != desk.agent and (line := _line(desk, event))]
    return "\n".join([f"It is {stamp(desk.state.minute)}.", *lines]) if lines else ""


def _line(desk: Desk, event: WorldEvent) -> str:
    if event.kind == "mail.sent" and "mail" in desk.index.staging.tools:
        letter = desk.state.mails[event.data["id"]]
        if desk.holds(letter):
            return f"New mail {letter.id} from {desk.shown(letter.sender)}: {letter.subject}"
    return ""
