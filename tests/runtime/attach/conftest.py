"""A scene is played once for all tests that look at it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.kernel import cgroups

Told = dict[str, Any]


@pytest.fixture(scope="session")
def scene(play: Any) -> Callable[[str], Told]:
    """Play a scene of ``container_play`` and return what it told."""
    played: dict[str, Told] = {}

    def of(name: str) -> Told:
        if os.geteuid() != 0:
            pytest.skip("root is missing: only root attaches")
        if cgroups.here() is None:
            pytest.skip("cgroup version 2 is missing")
        if name not in played:
            played[name] = play(Path(__file__).with_name("container_play.py"), name)
        told: Told = played[name][name]
        assert played[name]["locks"] == []
        return told

    return of


@pytest.fixture(scope="session")
def of_type() -> Callable[..., list[Told]]:
    """Return the records of one type, and with these values."""

    def choose(told: Told, kind: str, **values: Any) -> list[Told]:
        found = [record for record in told["records"] if record["type"] == kind]
        return [record for record in found if all(record[name] == value for name, value in values.items())]

    return choose
