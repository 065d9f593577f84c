"""The life of cells: whoever of ours dies, nothing is left; what cannot be set up refuses the start by name."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from vigiles.api import open_episode
from vigiles.kernel.processes import descendants
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeEnded
from vigiles.model.errors import ControlUnavailable, InputInvalid, VigilesError
from vigiles.ruleset.profile import Tier
from vigiles.runtime.episode import Episode
from vigiles.runtime.services import Services

pytestmark = pytest.mark.cell

#: Runs in a process of its own, says which processes are its, and waits to be killed.
SUPERVISOR = """
import asyncio, json, os, sys, time
from pathlib import Path
from vigiles.api import open_episode
from vigiles.kernel.processes import descendants

async def main(work, home, forks):
    async with open_episode(profile="rl-rollout", workdir=Path(work), home=Path(home)) as episode:
        await episode.call(["sh", "-c", "setsid sleep 61 >/dev/null 2>&1 & (trap '' TERM HUP INT; exec sleep 62) & exit 0"])
        await episode.call(["sleep", "63"], background=True)
        await asyncio.sleep(0.3)
        made, tree = episode.cell.made, descendants(os.getpid())
        child = os.fork() if forks else 1
        if not child:
            time.sleep(60)
            os._exit(0)
        print(json.dumps({"tree": tree, "init": made.init, "notifier": made.notifier, "child": child}), flush=True)
        await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


def argv_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def lives(pid: int) -> bool:
    """Whether a process exists and is more than a zombie that somebody else must collect."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat[stat.rindex(b")") + 2 :][:1] != b"Z"


def until(true: Callable[[], bool], seconds: float) -> float:
    """Wait until ``true()``; return how long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - began


def promptly(took: float, seconds: float = 1.0) -> None:
    """Hold what was measured against the time that is promised, unless the machine is too busy to keep any promise."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    assert took < seconds or load > 2, f"took {took:.2f} s of {seconds} at a load of {load:.1f} for each processor"


def namespaces_in_use() -> set[str]:
    """Every network, mount, UTS and pid namespace that some process of this machine is in.

    Not those of the dead: when a zombie goes is up to whoever inherited it.
    """
    found = set()
    for folder in Path("/proc").glob("[0-9]*/ns"):
        if not lives(int(folder.parent.name)):
            continue
        for kind in ("net", "mnt", "uts", "pid"):
            try:
                found.add(os.readlink(folder / kind))
            except OSError:
                continue
    return found


def groups_of(pid: int) -> list[str]:
    """The control groups of a supervisor, in every hierarchy."""
    return [str(place) for place in Path("/sys/fs/cgroup").glob(f"*/vigiles/*-{pid}-*")]


def namespaces_of(pid: int) -> set[str]:
    return {os.readlink(f"/proc/{pid}/ns/{kind}") for kind in ("net", "mnt", "uts", "pid")}


@pytest.mark.parametrize("forks", ["", "forks"], ids=["alone", "with a forked child that lives on"])
def test_a_supervisor_that_is_killed_leaves_nothing(workdir: Path, home: Path, forks: str) -> None:
    mounts = Path("/proc/self/mountinfo").read_text()
    command = [sys.executable, "-P", "-c", SUPERVISOR, str(workdir), str(home), forks]
    with ExitStack() as after, subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as supervisor:
        assert supervisor.stdout is not None
        told = json.loads(supervisor.stdout.readline())
        if forks:
            after.callback(os.kill, told["child"], signal.SIGKILL)
        tree: list[int] = told["tree"]
        sleeping = [pid for pid in tree if argv_of(pid).startswith("sleep ")]
        assert len(sleeping) == 3
        spaces = namespaces_of(sleeping[0]) - namespaces_of(os.getpid())  # init itself lets nobody look
        assert len(spaces) == 4
        assert spaces <= namespaces_in_use()
        # The recorder belongs to the home, not to the supervisor: it stays until it has been idle.
        ours = [pid for pid in tree if "vigiles.ledger.recorder" not in argv_of(pid)]
        assert {told["init"], told["notifier"]} <= set(ours)
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()
        promptly(until(lambda: not any(lives(pid) for pid in ours), 10))
        until(lambda: not spaces & namespaces_in_use(), 10)
        until(lambda: not groups_of(supervisor.pid), 10)
        assert Path("/proc/self/mountinfo").read_text() == mounts
        assert list(workdir.iterdir()) == []
        # Nobody was left to say that the episode is over but the recorder.
        until(lambda: [end.reason for end in _ends(home)] == ["supervisor_died"], 10)


def _ends(home: Path) -> list[EpisodeEnded]:
    with LedgerReader(home) as reader:
        return [record for _, record in reader.records() if isinstance(record, EpisodeEnded)]


async def _kill(workdir: Path, home: Path, choose: Callable[[Episode], int]) -> tuple[Episode, list[int], float]:
    """Open an episode, kill one of its own processes, and wait for the end."""
    async with open_episode(profile="rl-rollout", workdir=workdir, home=home) as episode:
        assert episode.cell is not None
        running = asyncio.ensure_future(episode.call(["sleep", "60"]))
        await episode.call(["sh", "-c", "setsid sleep 61 >/dev/null 2>&1 &"])
        inside = descendants(episode.cell.made.init)
        assert len(inside) >= 2
        began = time.monotonic()
        os.kill(choose(episode), signal.SIGKILL)
        while any(lives(pid) for pid in inside) or episode.ended_by is None:
            assert time.monotonic() - began < 5
            await asyncio.sleep(0.01)
        took = time.monotonic() - began
        outcome = await asyncio.wait_for(running, 5)
        assert outcome.exit_code is None
        refused = await episode.call(["true"])
        assert (refused.allowed, refused.verdict.reason) == (False, "episode_ended")
    return episode, inside, took


def door_of(episode: Episode) -> int:
    """The door is the spawner's child that is neither init nor notifier nor spawner: the one that was born last."""
    assert episode.cell is not None
    made = episode.cell.made
    inside = {made.init, made.notifier, *descendants(made.init)}
    ours = [pid for pid in descendants(os.getpid()) if pid not in inside and "vigiles.cell.launcher" in argv_of(pid)]
    parents = {parent_of(pid) for pid in ours}
    return max(pid for pid in ours if pid not in parents)


def parent_of(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_bytes()
    return int(stat[stat.rindex(b")") + 4 :].split()[0])


@pytest.mark.parametrize("which", ["init", "notifier", "door"])
def test_a_cell_that_loses_a_process_of_ours_ends(workdir: Path, home: Path, which: str) -> None:
    def choose(episode: Episode) -> int:
        assert episode.cell is not None
        return {"init": episode.cell.made.init, "notifier": episode.cell.made.notifier}.get(which) or door_of(episode)

    episode, _, took = asyncio.run(_kill(workdir, home, choose))
    assert episode.ended_by == "cell_died"
    assert [record.reason for record in episode.records() if isinstance(record, EpisodeEnded)] == ["cell_died"]
    assert took < 1.0


async def _many(workdir: Path, home: Path, count: int) -> list[tuple[int, list[int]]]:
    """Make and close cells; return open descriptors and processes below us after each.

    The first is left out: with it the launcher is known to have made its own helper.
    """
    seen: list[tuple[int, list[int]]] = []
    async with await Services.start(home) as services:
        for number in range(count + 1):
            async with open_episode(profile="rl-rollout", workdir=workdir, services=services) as episode:
                outcome = await episode.call(["sh", "-c", "sleep 60 & echo ready"])
                assert outcome.stdout == b"ready\n"
            began = time.monotonic()
            while (not number or len(descendants(os.getpid())) > len(seen[0][1])) and time.monotonic() < began + 1:
                await asyncio.sleep(0.01)
            seen.append((len(os.listdir("/proc/self/fd")), descendants(os.getpid())))
    return seen


def test_cells_leave_no_descriptor_no_process_and_no_zombie(workdir: Path, home: Path) -> None:
    before = set(descendants(os.getpid()))
    seen = asyncio.run(_many(workdir, home, 20))
    assert seen[20][0] <= seen[0][0], [descriptors for descriptors, _ in seen]
    assert sorted(seen[20][1]) == sorted(seen[0][1])
    until(lambda: set(descendants(os.getpid())) - before == set(), 3)


async def _open(home: Path, workdir: Path, profile: str | Path, tier: Tier | None = None) -> None:
    async with open_episode(profile=profile, workdir=workdir, home=home, tier=tier) as episode:
        await episode.call(["true"])


@pytest.mark.parametrize(("needs", "control"), [("R", "tier R"), ("V", "tier V")])
def test_a_tier_that_is_not_reached_is_named(workdir: Path, home: Path, needs: str, control: str) -> None:
    folder = workdir / "profile"
    folder.mkdir()
    (folder / "profile.toml").write_text(f'extends = "rl-rollout"\nname = "needs-root"\ntier = "{needs}"\n')
    with pytest.raises(ControlUnavailable) as caught:
        asyncio.run(_open(home, workdir, folder, tier="U"))
    assert caught.value.control == control
    assert caught.value.remedy


@pytest.mark.parametrize("path", ["/", "/tmp", "/usr", "/etc", str(Path.home())])
def test_a_work_directory_that_holds_more_than_one_project_is_refused(home: Path, path: str) -> None:
    with pytest.raises(InputInvalid, match="cannot be a work directory") as caught:
        asyncio.run(_open(home, Path(path), "rl-rollout"))
    assert caught.value.remedy


def test_a_work_directory_that_is_not_there_is_refused(home: Path, workdir: Path) -> None:
    with pytest.raises(InputInvalid, match="not a directory"):
        asyncio.run(_open(home, workdir / "nothing", "rl-rollout"))


def shows(workdir: Path, what: str) -> Path:
    folder = workdir / "profile"
    folder.mkdir()
    (folder / "profile.toml").write_text(f'extends = "rl-rollout"\nname = "shows"\n[files]\n{what} = ["/no/such/folder"]\n')
    return folder


def test_a_path_to_read_that_is_not_there_is_nothing_to_show(home: Path, workdir: Path) -> None:
    asyncio.run(_open(home, workdir, shows(workdir, "read")))


def test_a_path_to_write_that_is_not_there_refuses_the_start(home: Path, workdir: Path) -> None:
    with pytest.raises(ControlUnavailable) as caught:
        asyncio.run(_open(home, workdir, shows(workdir, "write")))
    assert caught.value.control == "mounts"
    assert caught.value.remedy


def test_the_path_that_is_not_there_is_named(home: Path, workdir: Path) -> None:
    with pytest.raises(ControlUnavailable, match="/no/such/folder"):
        asyncio.run(_open(home, workdir, shows(workdir, "write")))


#: In a user namespace of its own that may hold no further one. Root there is no root: it has no right over the real host.
EXHAUSTED = """
import os, sys
from pathlib import Path
from vigiles.kernel import namespaces
uid, gid = os.geteuid(), os.getegid()
namespaces.unshare(namespaces.NEWUSER)
namespaces.map_self(1000, uid, 1000, gid)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
os.execv(sys.executable, [sys.executable, "-P", "-m", "vigiles", *sys.argv[1:]])
"""
OPEN = """
import asyncio, json, sys
from pathlib import Path
from vigiles.api import open_episode
from vigiles.model.errors import VigilesError

async def main(work, home):
    async with open_episode(profile="rl-rollout", workdir=Path(work), home=Path(home)):
        pass

try:
    asyncio.run(main(*sys.argv[1:]))
    print(json.dumps({}))
except VigilesError as error:
    print(json.dumps({"control": getattr(error, "control", ""), "text": str(error), "remedy": error.remedy}))
"""


def test_exhausted_user_namespaces_refuse_the_start_by_name(workdir: Path, home: Path) -> None:
    code = EXHAUSTED.replace('"-m", "vigiles"', f'"-c", {OPEN!r}')
    command = [sys.executable, "-P", "-c", code, str(workdir), str(home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["control"] == "namespaces", said
    assert "user.max_user_namespaces" in said["remedy"]
    assert "Traceback" not in done.stderr


def test_a_refused_start_is_recorded_and_leaves_nothing(workdir: Path, home: Path) -> None:
    folder = shows(workdir, "write")

    async def go() -> tuple[list[int], list[int]]:
        async with await Services.start(home) as services:
            async with open_episode(profile="no-network", workdir=workdir, services=services):
                pass
            await asyncio.sleep(0.5)
            before = descendants(os.getpid())
            for _ in range(3):
                with pytest.raises(VigilesError):
                    async with open_episode(profile=folder, workdir=workdir, services=services):
                        raise AssertionError("it must not open")
            began = time.monotonic()
            while len(descendants(os.getpid())) > len(before) and time.monotonic() < began + 2:
                await asyncio.sleep(0.01)
            # And the launcher still makes cells.
            async with open_episode(profile="no-network", workdir=workdir, services=services) as episode:
                assert (await episode.call(["true"])).exit_code == 0
            await asyncio.sleep(0.5)
            return before, descendants(os.getpid())

    before, after = asyncio.run(go())
    assert sorted(before) == sorted(after)
