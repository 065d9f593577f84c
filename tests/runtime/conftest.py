"""Real episodes on one shared home, so that one recorder serves them all."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.api import open_episode
from vigiles.api.sync import SyncEpisode
from vigiles.api.sync import open_episode as open_episode_sync
from vigiles.ledger.mint import new_id, now
from vigiles.model.coordinates import Coordinates
from vigiles.model.incident import Incident
from vigiles.runtime.episode import Episode

Body = Callable[[Episode], Awaitable[Any]]


@pytest.fixture(scope="session")
def shared_home(short_folder: Callable[[str], Path]) -> Path:
    return short_folder("h")


@pytest.fixture
def inside(shared_home: Path, workdir: Path) -> Callable[..., Any]:
    """Run a coroutine function with an open episode and return what it returns."""

    def run(body: Body, *, seconds: float = 40, **options: Any) -> Any:
        async def main() -> Any:
            async with asyncio.timeout(seconds):
                async with open_episode(**{"workdir": workdir, "home": shared_home, **options}) as episode:
                    return await body(episode)

        return asyncio.run(main())

    return run


@pytest.fixture(scope="module")
def episode(short_folder: Callable[[str], Path], shared_home: Path) -> Iterator[SyncEpisode]:
    """One open episode for all calls of a module that change nothing for each other."""
    with open_episode_sync(profile="rl-rollout", workdir=short_folder("w"), home=shared_home) as opened:
        yield opened


@pytest.fixture
def make_profile(short_folder: Callable[[str], Path]) -> Callable[..., Path]:
    """Write a profile folder on top of ``base``."""

    def make(text: str = "", *, base: str = "rl-rollout", rules: str | None = None) -> Path:
        folder = short_folder("profile")
        (folder / "profile.toml").write_text(f'extends = "{base}"\nname = "mine"\n{text}')
        if rules is not None:
            (folder / "rules.cedar").write_text(rules)
        return folder

    return make


@pytest.fixture(scope="session")
def python() -> list[str]:
    """The start of a call's argv that runs the next word as a Python program."""
    return [sys.executable, "-ISc"]


@pytest.fixture(scope="session")
def incident_of() -> Callable[[Coordinates], Incident]:
    """Make an incident by hand, as a reason to strike."""

    def make(coordinates: Coordinates) -> Incident:
        return Incident(
            id=new_id("rec"),
            at=now(),
            coordinates=coordinates,
            incident=new_id("inc"),
            version=1,
            state="open",
            severity="high",
            cause="test",
            title="made by hand",
            findings=[],
            detectors=[],
            techniques=[],
            calls=[],
            occurred_us=1,
            aware_us=1,
        )

    return make


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Awaitable[None]]:
    """As ``wait_for``, inside a coroutine."""

    async def wait(condition: Callable[[], object], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            await asyncio.sleep(0.02)

    return wait
