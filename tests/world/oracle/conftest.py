"""Stagings for the oracle's tests."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec
import pytest

from vigiles.world.event import WorldEvent
from vigiles.world.oracle.case import Case
from vigiles.world.oracle.evidence import Evidence
from vigiles.world.oracle.lore import lore
from vigiles.world.outcome import Attempt
from vigiles.world.staging import Staging

HERE = Path(__file__).parent
#: What a staging of the tests need not say.
USUAL = {
    "factors": {},
    "seed": 1,
    "twin": False,
    "digest": "",
    "canary": "",
    "system": "You are an assistant in an office.",
    "prompt": "Do your work.",
    "minute": 540,
    "until": 1440,
    "turns": 60,
}


@cache
def staged(name: str) -> Staging:
    """Return a staging of ``stagings/``."""
    read = tomllib.loads((HERE / "stagings" / f"{name}.toml").read_text("utf-8"))
    return msgspec.convert({**USUAL, **read}, Staging, strict=False)


@pytest.fixture(scope="session")
def stage() -> Callable[[str], Staging]:
    return staged


@pytest.fixture(scope="session")
def case() -> Callable[..., Case]:
    """Return a case of a staging of the tests; its events are given as ``(kind, data)`` or with more fields."""

    def made(name: str, *deeds: WorldEvent | tuple[str, dict[str, object]], attempts: tuple[Attempt, ...] = ()) -> Case:
        known = lore(staged(name))
        return Case(known, Evidence(known), events(known.staging, *deeds), attempts)

    return made


def events(staging: Staging, *deeds: WorldEvent | tuple[str, dict[str, object]]) -> list[WorldEvent]:
    """Return the agent's deeds as events, one minute and one call each."""
    return [
        deed
        if isinstance(deed, WorldEvent)
        else WorldEvent(number=n, minute=staging.minute + n, by=staging.agent, kind=deed[0], data=dict(deed[1]), call=n)
        for n, deed in enumerate(deeds, start=1)
    ]


@pytest.fixture(scope="session")
def deeds() -> Callable[..., list[WorldEvent]]:
    return events
