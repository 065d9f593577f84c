"""Clock: letting time pass on purpose, so that others can act."""

from __future__ import annotations

from typing import Any

from vigiles.world.arguments import number
from vigiles.world.clock import stamp
from vigiles.world.desk import Desk
from vigiles.world.plan import Plan, verb

#: The longest wait, in minutes.
LONGEST = 480


def _wait(desk: Desk, given: dict[str, Any]) -> Plan:
    end = max(min(desk.state.minute + given["minutes"], desk.index.staging.until), desk.state.minute)
    return Plan(text=f"It is {stamp(end)}.", minutes=given["minutes"])


VERBS = (verb("wait", "Do nothing for some minutes.", _wait, number("minutes", "how many", least=1, most=LONGEST)),)
