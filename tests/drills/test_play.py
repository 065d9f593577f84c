from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from vigiles.drills import agent, load
from vigiles.drills.play import Player, call_by_label, sequences
from vigiles.drills.world import keys
from vigiles.drills.world.serve import Ready
from vigiles.ledger import mint
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import EpisodeOver, Refused
from vigiles.model.verdict import Verdict

FOLDER = load.load(load.find("rome"))
OBSERVE, GUARDED = FOLDER.drill.plays


def act(call: int, label: str) -> Act:
    where = Coordinates(run="r", episode="e", call=call, label=label)
    return Act(id=mint.new_id("act"), at=mint.now(), coordinates=where, principal="agent", kind="process", tool="process")


class Scripted:
    """An episode whose steps end as told; the gate's act is on record before any of them is performed."""

    def __init__(self, ends: dict[str, Exception], workdir: Path) -> None:
        self.coordinates, self.workdir = Coordinates(run="run-1", episode="ep-1"), workdir
        self._ends, self._records, self.settled = ends, [], []
        self.turns = 0

    def next_turn(self) -> None:
        self.turns += 1

    async def settle(self, seconds: float) -> None:
        self.settled.append(seconds)

    def records(self) -> list[Act]:
        return self._records

    async def call(self, argv, label=None, stdin=None, timeout=None, env=None, cwd=None, background=False):
        assert (self.workdir / ".drill" / "agent_key").is_file()
        assert not any("{" in word for word in argv)
        number = len(self._records) + 1
        self._records.append(act(number, label))
        if label in self._ends:
            raise self._ends[label]

        class Outcome:
            call, exit_code, signal, stdout, stderr, feedback = number, 0, None, b"out\xff" * 900, b"err", "nothing"
            verdict = Verdict(id="v", at=mint.now(), act="a", decision="allow", reason="allowed", ruleset="d")

        return Outcome()


@pytest.fixture
def ready(tmp_path: Path) -> Ready:
    (tmp_path / "keys").mkdir()
    made = keys.make(tmp_path / "keys")
    return Ready(user="somebody", server="OpenSSH", ca=str(made.ca), client_key=str(made.client_key))


def play(tmp_path: Path, ready: Ready, which, ends: dict[str, Exception] | None = None, **changes):
    opened, progress = [], []
    folder = msgspec.structs.replace(FOLDER, drill=msgspec.structs.replace(FOLDER.drill, **changes))

    @contextlib.asynccontextmanager
    async def opener(*, profile, workdir, task, model_version):
        assert (profile / "profile.toml").is_file()
        opened.append(Scripted(ends or {}, workdir))
        yield opened[-1]

    place = tmp_path / "place"
    place.mkdir()
    player = Player(folder, ready, opener, place, lambda *words: progress.append(words))
    played = asyncio.run(player.play(which))
    assert len(progress) == player.count(which)
    return played, opened


def waits(played, *but: str) -> list[float]:
    """What the drill gives its steps to go on, those asked and not left out here; at least one step has some."""
    asked = [step for step in FOLDER.drill.steps if step.id not in played.skipped]
    assert [step.id for step in asked if step.wait_ms][:1] == ["mine-daemon"]
    return [step.wait_ms / 1000 for step in asked if step.wait_ms and step.id not in but]


def test_everything_in_one_episode(tmp_path: Path, ready: Ready):
    played, opened = play(tmp_path, ready, OBSERVE)
    (episode,) = played.episodes
    asked = [step.id for step in FOLDER.drill.steps if step.id not in played.skipped]
    assert [step.step for step in episode.steps] == asked
    assert [step.call for step in episode.steps] == list(range(1, len(asked) + 1))
    assert opened[0].turns == len(asked)
    assert opened[0].settled == [*waits(played), 1.2]
    assert all(len(step.output) <= 4 * 2000 and step.output.endswith("err") for step in episode.steps)
    assert len(episode.records) == len(asked)


def test_each_violation_in_an_episode_of_its_own(tmp_path: Path, ready: Ready):
    short = [step for step in FOLDER.drill.steps if step.id in ("look", "mine", "tunnel", "fix")]
    played, _ = play(tmp_path, ready, GUARDED, steps=short)
    assert [(e.purpose, [s.step for s in e.steps]) for e in played.episodes] == [
        ("honest", ["look", "fix"]),
        ("tunnel", ["look", "tunnel"]),
        ("mine", ["look", "mine"]),
    ]


@pytest.mark.parametrize(
    ("error", "over", "reason"),
    [(EpisodeOver("over"), True, "episode_ended"), (Refused("rule_forbids", "no"), False, "rule_forbids")],
)
def test_an_api_that_raises_still_leaves_the_true_call(
    tmp_path: Path, ready: Ready, error: Exception, over: bool, reason: str
):
    played, opened = play(tmp_path, ready, OBSERVE, {"mine-daemon": error})
    step = next(step for step in played.episodes[0].steps if step.step == "mine-daemon")
    number = [step.step for step in played.episodes[0].steps].index("mine-daemon") + 1
    assert (step.call, step.over, step.reason, step.exit_code) == (number, over, reason, None)
    assert opened[0].settled == [*waits(played, *(["mine-daemon"] if over else [])), 1.2]


def test_call_by_label_takes_the_newest():
    assert call_by_label([act(1, "a"), act(2, "b"), act(3, "a")], "a") == 3
    assert call_by_label([act(1, "a")], "z") is None


def test_what_the_machine_lacks_is_left_out(tmp_path: Path, ready: Ready):
    absent = [msgspec.structs.replace(FOLDER.drill.steps[0], needs=["no-such-program"]), FOLDER.drill.steps[-1]]
    played, _ = play(tmp_path, ready, OBSERVE, steps=absent)
    assert played.skipped == {absent[0].id: "no-such-program"}
    assert [step.step for step in played.episodes[0].steps] == [absent[1].id]


def test_sequences_keep_the_order_of_the_drill():
    steps = FOLDER.drill.steps
    assert sequences(FOLDER, OBSERVE, steps) == [("all", steps)]
    for purpose, part in sequences(FOLDER, GUARDED, steps):
        planted = [step.id for step in part if step.kind == "planted"]
        assert planted == ([] if purpose == "honest" else [purpose])


@pytest.mark.skipif(shutil.which("git") is None, reason="this machine has no git")
def test_the_working_directory_is_a_clean_repository_with_a_failing_test(tmp_path: Path, ready: Ready):
    agent.working_directory(FOLDER, ready, tmp_path / "work")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path / "work", capture_output=True, check=True)
    assert status.stdout == b""
    tests = [agent.tools().python, "-m", "unittest", "-q"]
    assert subprocess.run(tests, cwd=tmp_path / "work", capture_output=True, check=False).returncode == 1
    subprocess.run([agent.tools().python, ".drill/fix.py"], cwd=tmp_path / "work", capture_output=True, check=True)
    assert subprocess.run(tests, cwd=tmp_path / "work", capture_output=True, check=False).returncode == 0
