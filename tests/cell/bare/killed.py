"""What the tests of tier U- look at: who is left when one of our own processes is killed from outside.

Runs below ``without_spaces.py``. Its arguments are a folder and whom to kill: supervisor, launcher, init, notifier, keeper,
door. Writes ``result.json``: whether the episode's daemon and private folder were there before, and are there afterwards.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from vigiles.kernel import processes, subreaper
from vigiles.runtime.beginning.opening import open_episode

BASE, WHO = Path(sys.argv[1]), sys.argv[2]
PROFILE = 'name="bare"\nextends="rl-rollout"\ntier="U-"\n[files]\nworkdir="direct"\napply="all"\n'
PROFILE += '[egress]\nhosts=["example.org:443"]\n'
DAEMON = """
import os, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
for fd in (0, 1, 2): os.close(fd)
open("daemon.new", "w").write(str(os.getpid())); os.rename("daemon.new", "daemon")
time.sleep(600)
"""


def lives(pid: int) -> bool:
    seen = subreaper.stat(pid)
    return seen is not None and seen[0] not in "ZX"


async def hold() -> None:
    """Be the supervisor: open an episode with a daemon in it, say who is who, wait to be killed."""
    async with open_episode(profile=BASE / "p", workdir=BASE / "w", home=BASE / "h") as episode:
        await episode.call(["/usr/bin/python3", "daemon.py"])
        cell = episode.cell
        assert cell is not None
        until = time.monotonic() + 10
        while not (BASE / "w/daemon").exists():
            assert time.monotonic() < until
            await asyncio.sleep(0.02)
        daemon = int((BASE / "w/daemon").read_text())
        keeper = subreaper.branch(daemon, cell.made.init)
        launcher = subreaper.stat(cell.made.notifier)
        assert launcher is not None
        ours = [cell.made.notifier, *processes.descendants(cell.made.notifier)]
        # Beside those below the notifier the launcher has two: who makes doors, and the door, below it.
        door = [pid for pid in processes.descendants(launcher[1]) if pid not in ours][-1]
        print(json.dumps({"supervisor": os.getpid(), "launcher": launcher[1], "init": cell.made.init,
                          "notifier": cell.made.notifier, "keeper": keeper, "daemon": daemon,
                          "door": door, "private": cell.spec.private}), flush=True)  # fmt: skip
        await asyncio.sleep(20)


def main() -> dict[str, bool]:
    (BASE / "h").mkdir(mode=0o700)
    (BASE / "w").mkdir()
    (BASE / "p").mkdir()
    (BASE / "p/profile.toml").write_text(PROFILE)
    (BASE / "w/daemon.py").write_text(DAEMON)
    holder = subprocess.Popen([sys.executable, __file__, str(BASE), "hold"], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    who = json.loads(holder.stdout.readline())
    before = lives(who["daemon"]) and os.path.isdir(who["private"])
    os.kill(who[WHO], signal.SIGKILL)
    until = time.monotonic() + 8
    # A call whose keeper was killed is over; the cell itself goes on.
    gone = [] if WHO == "keeper" else [who["init"], who["notifier"], who["door"]]
    while time.monotonic() < until and (
        any(lives(pid) for pid in (who["daemon"], *gone)) or (gone and os.path.exists(who["private"]))
    ):
        time.sleep(0.05)
    left = {
        "before": before,
        "daemon": lives(who["daemon"]),
        "ours": any(lives(pid) for pid in gone),
        "private": bool(gone) and os.path.exists(who["private"]),
    }
    holder.kill()
    holder.wait()
    return left


if WHO == "hold":
    asyncio.run(hold())
else:
    (BASE / "result.json").write_text(json.dumps(main()))
