"""The API, async and sync: the same work has the same outcomes, and no way out of the block leaves an episode open."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles import api
from vigiles.api import sync
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import InputInvalid, NotFound

pytestmark = pytest.mark.cell

RULES = '@id("no-mail") forbid (principal, action, resource == Tool::"send_mail");'
CONNECT = "import socket\nsocket.create_connection(('169.254.169.254', 80), timeout=3)"
CALLS: list[tuple[list[str], dict[str, Any]]] = [
    (["sh", "-c", "echo out; echo err >&2; exit 3"], {"label": "first"}),
    (["cat"], {"stdin": b"given"}),
    (["sh", "-c", "kill -TERM $$"], {}),
    (["sleep", "70.25"], {"timeout": 0.2}),
    (["sh", "-c", "echo $WORD; pwd"], {"env": {"WORD": "x"}, "cwd": "/tmp"}),
    ([sys.executable, "-ISc", CONNECT], {}),
]


@pytest.fixture(scope="module")
def shared_home(short_folder: Callable[[str], Path]) -> Path:
    return short_folder("h")


@pytest.fixture
def profile(short_folder: Callable[[str], Path]) -> Path:
    folder = short_folder("profile")
    (folder / "profile.toml").write_text('extends = "rl-rollout"\nname = "mine"\n[responses]\nhigh = []\ncritical = []\n')
    (folder / "rules.cedar").write_text(RULES)
    return folder


def told(outcome: api.Outcome) -> dict[str, Any]:
    """Return what must be the same whichever face asked: all but ids, times and measures."""
    result = msgspec.to_builtins(outcome.result)
    for name in ("id", "at", "act", "coordinates", "wall_us", "cpu_us", "background", "memory_peak"):
        del result[name]
    if outcome.stderr.startswith(b"Traceback"):
        del result["stderr_sha256"], result["stderr_bytes"]
    place = outcome.act.coordinates
    assert place is not None
    return {
        "place": (outcome.call, place.turn, place.call, place.label),
        "verdict": (outcome.verdict.decision, outcome.verdict.reason, outcome.verdict.rules),
        "result": result,
        "said": (outcome.exit_code, outcome.signal, outcome.stdout, outcome.value, outcome.agent_text),
        "feedback": (outcome.feedback, outcome.allowed),
    }


def test_async_and_sync_tell_the_same(short_folder: Callable[[str], Path], shared_home: Path, profile: Path) -> None:
    async def double(given: dict[str, Any]) -> int:
        return int(given["n"]) * 2

    async def main() -> tuple[list[Any], list[str], list[str]]:
        async with api.open_episode(profile=profile, workdir=short_folder("w"), home=shared_home) as episode:
            outcomes = [await episode.call(argv, **options) for argv, options in CALLS]
            episode.next_turn()
            outcomes.append(await episode.act("tool_call", "double", {"n": 21}, double, label="act"))
            outcomes.append(await episode.act("tool_call", "send_mail", {}, double))
            episode.claim("output", source="trainer", act=outcomes[0].act.id, output=b"other")
            feedback = [episode.feedback(outcome.call).value for outcome in outcomes]
            return [told(o) for o in outcomes], feedback, [finding.rule for finding in episode.findings()]

    with sync.open_episode(profile=profile, workdir=short_folder("w"), home=shared_home) as episode:
        outcomes = [episode.call(argv, **options) for argv, options in CALLS]
        episode.next_turn()
        outcomes.append(episode.act("tool_call", "double", {"n": 21}, lambda given: given["n"] * 2, label="act"))
        outcomes.append(episode.act("tool_call", "send_mail", {}, lambda given: 1))
        episode.claim("output", source="trainer", act=outcomes[0].act.id, output=b"other")
        feedback = [episode.feedback(outcome.call).value for outcome in outcomes]
        plain = [told(o) for o in outcomes], feedback, [finding.rule for finding in episode.findings()]
    assert plain == asyncio.run(main())
    assert [said["said"][0] for said in plain[0]] == [3, 0, None, None, 0, 1, None, None]
    assert plain[0][6]["said"][3] == 42
    assert plain[1] == ["unscored", "nothing", "nothing", "nothing", "nothing", "penalty", "nothing", "penalty"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_is_raised_in_the_block_closes_the_episode(
    workdir: Path, shared_home: Path, error: type[BaseException]
) -> None:
    async def main(run: str) -> None:
        async with api.open_episode(workdir=workdir, home=shared_home, run=run) as episode:
            await episode.call(["true"])
            raise error

    def plain(run: str) -> None:
        with sync.open_episode(workdir=workdir, home=shared_home, run=run) as episode:
            episode.call(["true"])
            raise error

    with pytest.raises(error):
        plain(f"run-sync-{error.__name__}")
    with pytest.raises(error):
        asyncio.run(main(f"run-async-{error.__name__}"))
    with LedgerReader(shared_home) as reader:
        for face in ("sync", "async"):
            records = [record for _, record in reader.records(run=f"run-{face}-{error.__name__}")]
            assert [record.reason for record in records if isinstance(record, EpisodeEnded)] == ["closed"]
    assert not [thread for thread in threading.enumerate() if thread.name == "vigiles"]


@pytest.mark.parametrize(
    ("options", "error"), [({"profile": "no-such-profile"}, NotFound), ({"workdir": Path("/no/such")}, InputInvalid)]
)
def test_what_stops_a_start_is_raised_and_leaves_no_thread(
    workdir: Path, shared_home: Path, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        with sync.open_episode(**{"workdir": workdir, "home": shared_home, **options}):
            raise AssertionError("not reached")
    assert not [thread for thread in threading.enumerate() if thread.name == "vigiles"]


def test_what_perform_raises_is_recorded_and_raised(workdir: Path, shared_home: Path) -> None:
    def perform(_: dict[str, Any]) -> None:
        raise LookupError("agent text that stays out of the ledger")

    with sync.open_episode(workdir=workdir, home=shared_home) as episode:
        with pytest.raises(LookupError):
            episode.act("tool_call", "search", {}, perform)
        (result,) = [record for record in episode.records() if type(record).__name__ == "Result"]
        assert (result.outcome, result.error) == ("failed", "LookupError")  # type: ignore[union-attr]  # a Result
        assert episode.call(["true"]).exit_code == 0


def test_several_threads_share_one_episode(workdir: Path, shared_home: Path) -> None:
    with sync.open_episode(workdir=workdir, home=shared_home) as episode:

        def work(number: int) -> tuple[int, bytes, Any]:
            outcome = episode.call(["sh", "-c", f"sleep 0.2; echo {number}"])
            act = episode.act("tool_call", "name", {}, lambda _: threading.current_thread().name)
            assert episode.feedback(outcome.call).value == "nothing"
            assert episode.findings(outcome.call) == []
            return outcome.call, outcome.stdout, act.value

        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(work, range(16)))
    assert [stdout for _, stdout, _ in done] == [f"{number}\n".encode() for number in range(16)]
    assert len({call for call, _, _ in done}) == 16
    assert "vigiles" not in {name for _, _, name in done}, "an act never runs on the loop's own thread"


def test_several_episodes_at_once_from_several_threads(short_folder: Callable[[str], Path], shared_home: Path) -> None:
    def work(number: int) -> bytes:
        with sync.open_episode(workdir=short_folder("w"), home=shared_home) as episode:
            return episode.call(["echo", str(number)]).stdout

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, range(3))) == [b"0\n", b"1\n", b"2\n"]


@pytest.mark.parametrize("opener", [api.open_episode, sync.open_episode])
def test_a_tier_can_be_asked_for(opener: Any, short_folder: Callable[[str], Path], shared_home: Path) -> None:
    opened = opener(profile="no-network", workdir=short_folder("w"), home=shared_home, tier="U")

    async def within() -> str:
        async with opened as episode:
            return next(record.tier for record in episode.records() if isinstance(record, EpisodeOpened))

    if opener is api.open_episode:
        assert asyncio.run(within()) == "U"
        return
    with opened as episode:
        assert next(record.tier for record in episode.records() if isinstance(record, EpisodeOpened)) == "U"
