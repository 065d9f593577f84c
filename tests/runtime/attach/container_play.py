"""Played in a network namespace of its own, as root: a container made by hand, and ``vigiles attach`` at work on it.

The container: a control group, a network namespace that a veth pair joins to ours (so that without a door everything here is
reached), a pid namespace, uid 0 without capabilities. Servers stand on 203.0.113.0/24, which is on our loopback device: an
allowed host that answers HTTP on port 80 and anything on 443, and a pool that answers a miner's greeting, by IPv6 too.
FOLDER/result.json tells.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from container_made import (
    DATAGRAM,
    EARLIER,
    FETCH,
    FIND_MIRROR,
    FORKS,
    HOST,
    LOOK_UP,
    METADATA,
    MINE,
    MIRROR,
    POOL,
    POOL_6,
    RAW,
    Made,
)
from container_outside import arrived, children, cmdline, echo_datagrams, serve, wait_for
from container_runc import RunByRunc

from vigiles.cell.container import Container

VIGILES = [sys.executable, "-P", "-c", "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"]
PROFILE = f"""
extends = "rl-rollout"
name = "mine"
[egress]
tls = "pass"
hosts = ["{HOST}:80", "{HOST}:443"]
[egress.pins]
"{HOST}:80" = "{MIRROR}"
"{HOST}:443" = "{MIRROR}"
[responses]
"""
TOLD = PROFILE + 'medium = ["notify"]\nhigh = ["notify"]\ncritical = ["notify"]\n'
CUTTING = PROFILE + 'high = ["cut_egress", "freeze"]\ncritical = ["cut_egress", "freeze"]\n'
ENDING = PROFILE + 'high = ["cut_egress", "freeze", "end_episode"]\ncritical = ["end_episode"]\n'


class Plays:
    """``attached`` runs ``vigiles attach`` while the block runs; then ``report`` and ``records`` tell what came of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "h"
        self.environment = {**os.environ, "VIGILES_HOME": str(self.home)}

    def vigiles(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*VIGILES, *words], capture_output=True, text=True, env=self.environment, cwd="/", timeout=60, check=False
        )

    def profile(self, text: str) -> str:
        folder = self.folder / f"p{os.urandom(3).hex()}"
        folder.mkdir()
        (folder / "profile.toml").write_text(text)
        return str(folder)

    @contextlib.contextmanager
    def attached(self, container: Made, *words: str) -> Iterator[dict[str, Any]]:
        """Attach; the dict has ``started``, and after the block ``code``, ``report``, ``errors`` and ``records``."""
        process = subprocess.Popen(
            [*VIGILES, "attach", "--cgroup", str(container.group), "--json", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd="/",
        )
        assert process.stdout is not None
        assert process.stderr is not None
        told: dict[str, Any] = {"process": process}
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            told["started"] = json.loads(line)
            yield told
            if told.get("signal", 15):
                process.send_signal(told.get("signal", 15))
            out, told["errors"] = process.communicate(timeout=60)
            told["code"] = process.returncode
            told["report"] = json.loads(out) if out else None
        finally:
            process.kill()
            process.wait(10)
            del told["process"]
        told["records"] = self.records(told["started"]["episode"])

    def records(self, episode: str) -> list[dict[str, Any]]:
        done = self.vigiles("ledger", "query", "--episode", episode, "--json", "--limit", "100000")
        assert done.returncode == 0, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return [row.get("record", row) for row in found]


def watched(plays: Plays) -> dict[str, Any]:
    """Sensors only: everything is reached, and seen."""
    container = Made()
    try:
        with plays.attached(container, "--profile", plays.profile(TOLD), "--watch-only") as told:
            told["mined"] = container.do(MINE % (POOL, 3333))
            told["datagram"] = container.do(DATAGRAM)
            told["forked"] = container.do(FORKS)
            told["tables"] = container.tables()
            time.sleep(0.6)
        told["after"] = container.do(MINE % (POOL, 3333))
    finally:
        container.end()
    return told


def behind_a_door(plays: Plays) -> dict[str, Any]:
    """An attack and its benign twin; then the container is let go."""
    container = Made()
    try:
        before = container.do(MINE % (POOL, 3333))
        before_6 = container.do(MINE % (POOL_6, 3333))
        folder = str(plays.folder)
        earlier = container.do(EARLIER % (folder, folder))
        with plays.attached(container, "--profile", plays.profile(TOLD)) as told:
            told["before"], told["before 6"], told["earlier"] = before, before_6, earlier
            told["tables"] = container.tables()
            arrived.clear()
            told["fetched"] = container.do(FETCH)
            told["mined"] = container.do(MINE % (POOL, 3333))
            told["mined at the allowed host"] = container.do(MINE % (MIRROR, 443))
            told["datagram"] = container.do(DATAGRAM)
            told["mined 6"] = container.do(MINE % (POOL_6, 3333))
            (plays.folder / "go").touch()
            wait_for((plays.folder / "said").exists)
            time.sleep(0.1)
            told["earlier said"] = (plays.folder / "said").read_text()
            told["looked up"] = container.do(LOOK_UP)
            told["arrived"] = list(arrived)
            time.sleep(0.6)
        told["tables after"] = container.tables()
        told["after"] = container.do(MINE % (POOL, 3333))
    finally:
        container.end()
    return told


def raw(plays: Plays) -> dict[str, Any]:
    """Packets that the container makes by itself, before the door and behind it; and a neighbour in its network."""
    container = Made(raw=True)
    try:
        arrived.clear()
        before = container.do(RAW)
        heard = wait_for(lambda: "datagram raw" in arrived)
        with plays.attached(container, "--profile", plays.profile(TOLD)) as told:
            told["before"], told["heard before"] = before, heard
            arrived.clear()
            told["sent"] = container.do(RAW)
            time.sleep(0.5)
            told["arrived"] = list(arrived)
            told["neighbour"] = container.beside(FETCH)
            told["fetched"] = container.do(FETCH)
    finally:
        container.end()
    return told


def killed(plays: Plays) -> dict[str, Any]:
    """SIGKILL in the middle: no way out, until somebody lifts it; and a second one in its place does."""
    container = Made()
    try:
        with plays.attached(container, "--profile", plays.profile(TOLD)) as told:
            told["second"] = plays.vigiles("attach", "--cgroup", str(container.group), "--json").returncode
            told["signal"] = 9
        told["after the kill"] = container.do(MINE % (POOL, 3333))
        told["fetched after the kill"] = container.do(FETCH)
        told["tables after the kill"] = container.tables()
        with plays.attached(container, "--profile", plays.profile(TOLD)) as again:
            told["fetched again"] = container.do(FETCH)
            again["signal"] = 9
        told["lifted"] = json.loads(plays.vigiles("attach", "--lift", "--pid", str(container.pid), "--json").stdout)
        told["tables at the end"] = container.tables()
        told["after the lift"] = container.do(MINE % (POOL, 3333))
    finally:
        container.end()
    return told


def struck(plays: Plays) -> dict[str, Any]:
    """A violation is cut and frozen, and stays so when we leave; another ends the container."""
    container = Made()
    try:
        with plays.attached(container, "--profile", plays.profile(CUTTING)) as told:
            threading.Thread(target=container.do, args=(FIND_MIRROR + MINE % (MIRROR, 443),), daemon=True).start()
            told["frozen"] = wait_for(lambda: Container.at(str(container.group)).frozen())
            time.sleep(0.5)
        told["frozen after"] = Container.at(str(container.group)).frozen()
        told["tables after"] = container.tables()
        told["lifted"] = json.loads(plays.vigiles("attach", "--lift", "--cgroup", str(container.group), "--json").stdout)
        told["frozen at the end"] = Container.at(str(container.group)).frozen()
    finally:
        container.end()
    container = Made()
    try:
        with plays.attached(container, "--profile", plays.profile(ENDING)) as ended:
            told["killed by"] = container.do(FIND_MIRROR + MINE % (MIRROR, 443) + "\nimport time; time.sleep(15)")
            ended["signal"] = 0
        told["ended"] = ended
        told["populated"] = Container.at(str(container.group)).populated()
    finally:
        container.end()
    return told


def uncut(plays: Plays) -> dict[str, Any]:
    """A violation that is only watched: there is nothing to cut, and it is frozen all the same."""
    container = Made()
    try:
        with plays.attached(container, "--profile", plays.profile(CUTTING), "--watch-only") as told:
            threading.Thread(target=container.do, args=(METADATA,), daemon=True).start()  # it may not answer: it is frozen
            told["frozen"] = wait_for(lambda: Container.at(str(container.group)).frozen())
            time.sleep(0.3)
    finally:
        container.end()
    return told


def doorless(plays: Plays) -> dict[str, Any]:
    """The door is killed in the middle."""
    container = Made()
    try:
        with plays.attached(container, "--profile", plays.profile(TOLD)) as told:
            (door,) = [pid for pid in children(told["process"].pid) if b"door_alone" in cmdline(pid)]
            os.kill(door, 9)
            told["signal"] = 0
        told["after"] = container.do(MINE % (POOL, 3333))
    finally:
        container.end()
    return told


def stopped(plays: Plays) -> dict[str, Any]:
    """The container ends by itself; another is stopped by order; a third is left after its time."""
    told: dict[str, Any] = {}
    container = Made()
    try:
        with plays.attached(container, "--profile", "observe") as gone:
            gone["signal"] = 0
            (container.group / "cgroup.kill").write_text("1")
    finally:
        container.end()
    container = Made()
    try:
        with plays.attached(container, "--profile", "observe") as by_order:
            by_order["signal"] = 0
            done = plays.vigiles("stop", "--run", by_order["started"]["run"], "--json")
            told["stop"] = [done.returncode, done.stdout]
        told["populated"] = Container.at(str(container.group)).populated()
    finally:
        container.end()
    container = Made()
    try:
        with plays.attached(container, "--profile", "observe", "--for", "1") as in_time:
            in_time["signal"] = 0
        told["lives"] = container.do("print(2)")
    finally:
        container.end()
    return {**told, "gone": gone, "by order": by_order, "in time": in_time}


def refused(plays: Plays) -> dict[str, Any]:
    """What a door cannot hold is refused by name."""
    told: dict[str, Any] = {}
    for name, options in (("shared", {"own_network": False}), ("admin", {"admin": True})):
        container = Made(**options)
        try:
            done = plays.vigiles("attach", "--cgroup", str(container.group))
            told[name] = [done.returncode, done.stderr, container.tables()]
            with plays.attached(container, "--watch-only", "--for", "0.5", "--profile", "observe") as seen:
                seen["signal"] = 0
                container.do("print(3)")
            told[f"{name} watched"] = seen
        finally:
            container.end()
    return told


def in_runc(plays: Plays) -> dict[str, Any]:
    """A container of the runtime that docker and Kubernetes use: an attack and its benign twin, then the end by order."""
    container = RunByRunc(plays.folder)
    try:
        before = container.do(MINE % (POOL, 3333))
        with plays.attached(container, "--profile", plays.profile(TOLD)) as told:
            told["before"] = before
            told["fetched"] = container.do(FETCH)
            told["mined"] = container.do(MINE % (POOL, 3333))
            told["signal"] = 0
            done = plays.vigiles("stop", "--run", told["started"]["run"], "--json")
            told["stop"] = done.returncode
        told["populated"] = container.group.exists() and Container.at(str(container.group)).populated()
    finally:
        container.end()
    return told


def _stop(number: int, frame: object) -> None:
    sys.exit(128 + number)  # through every finally: what a scene made is ended


def main(folder: Path, *names: str) -> None:
    signal.signal(signal.SIGTERM, _stop)
    serve(MIRROR, 80, lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndata")
    serve(MIRROR, 443, lambda _: b'{"id":1,"result":[[],"00",4],"error":null}\n')
    serve("::", 3333, lambda _: b'{"id":1,"result":[[],"00",4],"error":null}\n')
    serve(POOL, 3333, lambda _: b'{"id":1,"result":[[],"00",4],"error":null}\n')
    echo_datagrams()
    plays = Plays(folder)
    scenes = {
        scene.__name__: scene
        for scene in (watched, behind_a_door, raw, killed, struck, uncut, doorless, stopped, refused, in_runc)
    }
    told = {name: scenes[name](plays) for name in names or scenes}
    locks = Path("/run/vigiles/attached")
    told["locks"] = [path.name for path in locks.iterdir()] if locks.exists() else []
    (folder / "result.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
