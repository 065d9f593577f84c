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
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vigiles.cell.container import Container
from vigiles.kernel import cgroups

HOST, MIRROR, POOL, POOL_6 = "mirror.example", "203.0.113.30", "203.0.113.20", "2001:db8:77::1"
NEAR_MAC = "02:00:00:00:00:01"
VIGILES = [sys.executable, "-P", "-c", "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"]
PROFILE = f"""
extends = "rl-rollout"
name = "mine"
[egress]
hosts = ["{HOST}:80", "{HOST}:443"]
[egress.pins]
"{HOST}:80" = "{MIRROR}"
"{HOST}:443" = "{MIRROR}"
[responses]
"""
TOLD = PROFILE + 'medium = ["notify"]\nhigh = ["notify"]\ncritical = ["notify"]\n'
CUTTING = PROFILE + 'high = ["cut_egress", "freeze"]\ncritical = ["cut_egress", "freeze"]\n'
ENDING = PROFILE + 'high = ["cut_egress", "freeze", "end_episode"]\ncritical = ["end_episode"]\n'
STRATUM = b'{"id":1,"method":"mining.subscribe","params":["harmless/0"]}\n'

#: In the container: does what it is told, one Python program a line, each a process of its own; says what it printed.
INIT = """
import json, subprocess, sys
for line in sys.stdin:
    program = json.loads(line)
    try:
        done = subprocess.run([sys.executable, "-ISc", program], capture_output=True, text=True, timeout=20)
        print(json.dumps((done.stdout + done.stderr[-300:]).strip()), flush=True)
    except subprocess.TimeoutExpired:
        print(json.dumps("timed out"), flush=True)
"""
FETCH = f"""
import socket, urllib.request
print(urllib.request.urlopen("http://{HOST}/data", timeout=5).read().decode())
"""
MINE = f"""
import socket
with socket.create_connection(("%s", %d), timeout=4) as sock:
    sock.sendall({STRATUM!r})
    print(sock.recv(200).decode() or "closed")
"""
DATAGRAM = f"""
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(1)
sock.sendto(b"hello", ("{POOL}", 4444))
print(sock.recv(100).decode())
"""
METADATA = """
import socket
try:
    socket.create_connection(("169.254.169.254", 80), timeout=1)
except OSError:
    pass
"""
LOOK_UP = """
import socket
for name in ("mirror.example", "secret.attacker.example"):
    try:
        print(name, socket.gethostbyname(name))
    except OSError as error:
        print(name, type(error).__name__)
"""
#: A connection that is there before the door, and is made use of when the door stands.
EARLIER = f"""
import os, socket, sys, time
sock = socket.create_connection(("{POOL}", 3333), timeout=4)
print("connected", flush=True)
if not os.fork():
    os.close(1), os.close(2)
    while not os.path.exists("%s/go"):
        time.sleep(0.05)
    sock.settimeout(2)
    try:
        sock.sendall({STRATUM!r})
        said = sock.recv(200).decode() or "closed"
    except OSError as error:
        said = type(error).__name__
    open("%s/said", "w").write(said)
    os._exit(0)
"""
#: A datagram to the pool that passes none of the kernel's protocols.
RAW = f"""
import socket, struct
near, far = socket.inet_aton("198.51.100.2"), socket.inet_aton("{POOL}")
udp = struct.pack("!4H", 5555, 4444, 11, 0) + b"raw"
head = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(udp), 1, 0, 64, 17, 0, near, far)
total = sum(struct.unpack("!10H", head))
total = (total & 65535) + (total >> 16)
head = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 65535) + head[12:]
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind(("eth0", 0))
sock.send(bytes.fromhex("{NEAR_MAC}".replace(":", "")) + bytes(6) + b"\\x08\\x00" + head + udp)
print("sent")
"""
#: So that the address stands for the allowed host.
FIND_MIRROR = f"import socket\nsocket.gethostbyname({HOST!r})\n"
FORKS = "import os\nif not os.fork():\n    import time; time.sleep(1)\n    os._exit(3)\nos.wait()"

arrived: list[str] = []


def serve(address: str, port: int, answer: Callable[[bytes], bytes]) -> None:
    """Answer each connection's first words, for ever."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family)

    def one(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            sock.settimeout(20)
            heard = sock.recv(2000)
            arrived.append(f"{address}:{port} {heard[:40].decode(errors='replace')}")
            sock.sendall(answer(heard))
            sock.recv(100)

    def accept() -> None:
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def echo_datagrams() -> None:
    """Answer each datagram to the pool, for ever."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((POOL, 4444))

    def answer() -> None:
        while True:
            data, peer = sock.recvfrom(100)
            arrived.append(f"datagram {data.decode()}")
            sock.sendto(b"heard", peer)

    threading.Thread(target=answer, daemon=True).start()


class Made:
    """A container; ``do`` runs a Python program in it and returns what it printed."""

    def __init__(self, *, own_network: bool = True, admin: bool = False, raw: bool = False) -> None:
        hierarchies = cgroups.here()
        assert hierarchies is not None
        self.group = Path(hierarchies.unified, f"vigilestest-{os.urandom(4).hex()}")
        self.group.mkdir()
        self._errors = open(os.devnull, "wb")  # noqa: SIM115 - closed with the container
        spaces = ["unshare", *(["--net"] if own_network else []), "--pid", "--fork", "--kill-child", "--mount-proc"]
        bare = ["setpriv", "--no-new-privs", f"--bounding-set=-all{',+net_raw' if raw else ''}", "--inh-caps=-all"]
        self._process = subprocess.Popen(
            [*spaces, *([] if admin else bare), sys.executable, "-ISc", INIT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
            preexec_fn=lambda: (self.group / "cgroup.procs").write_text("0"),
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        self.pid = self._inner()
        assert self.do("print(1)") == "1"
        if own_network:
            self._join()

    def _inner(self) -> int:
        """Return the process inside, which has the new namespaces; its parent outside has only some of them."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            if children:
                # The parent stays outside of the new pid namespace, but is part of the container's making, not of it.
                Path(self.group.parent, "cgroup.procs").write_text(str(self._process.pid))
                return int(children[0])
            time.sleep(0.02)
        raise AssertionError("the container did not start")

    def _join(self) -> None:
        ip = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin") or "ip"
        near = f"v{os.urandom(3).hex()}"
        enter = ["nsenter", "-t", str(self.pid), "-n", ip]
        for command in (
            [ip, "link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", str(self.pid)],
            [ip, "address", "add", "198.51.100.1/24", "dev", near],
            [ip, "address", "add", f"{POOL_6}/64", "dev", near, "nodad"],
            [ip, "link", "set", near, "address", NEAR_MAC],
            [ip, "link", "set", near, "up"],
            [*enter, "link", "set", "lo", "up"],
            [*enter, "address", "add", "198.51.100.2/24", "dev", "eth0"],
            [*enter, "address", "add", "2001:db8:77::2/64", "dev", "eth0", "nodad"],
            [*enter, "link", "set", "eth0", "up"],
            [*enter, "route", "add", "default", "via", "198.51.100.1"],
        ):
            subprocess.run(command, check=True)
        self._near = near

    def do(self, program: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(program) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        return str(json.loads(line)) if line else "dead"

    def tables(self) -> str:
        """Return what nft shows in the container's network namespace."""
        nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin") or "nft"
        command = ["nsenter", "-t", str(self.pid), "-n", nft, "list", "tables"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def end(self) -> None:
        with contextlib.suppress(OSError):
            (self.group / "cgroup.freeze").write_text("0")
            (self.group / "cgroup.kill").write_text("1")
        self._process.kill()
        self._process.wait(10)
        self._errors.close()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        for _ in range(200):
            try:
                self.group.rmdir()
                break
            except OSError:
                time.sleep(0.02)


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
    """Packets that the container makes by itself, before the door and behind it."""
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
            container.do(METADATA)
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


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


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


def wait_for(what: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


def main(folder: Path, *names: str) -> None:
    serve(MIRROR, 80, lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndata")
    serve(MIRROR, 443, lambda _: b'{"id":1,"result":[[],"00",4],"error":null}\n')
    serve("::", 3333, lambda _: b'{"id":1,"result":[[],"00",4],"error":null}\n')
    serve(POOL, 3333, lambda _: b'{"id":1,"result":[[],"00",4],"error":null}\n')
    echo_datagrams()
    plays = Plays(folder)
    scenes = {
        scene.__name__: scene for scene in (watched, behind_a_door, raw, killed, struck, uncut, doorless, stopped, refused)
    }
    told = {name: scenes[name](plays) for name in names or scenes}
    locks = Path("/run/vigiles/attached")
    told["locks"] = [path.name for path in locks.iterdir()] if locks.exists() else []
    (folder / "result.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
