"""What the tests of tier U- look at: one episode in a world without namespaces, attacks beside benign twins.

Runs below ``without_spaces.py``. Its argument is a folder; it writes ``result.json`` there. The stand-ins on the "host" are
processes of this one: a server on loopback, Unix sockets by path and abstract, a process to signal, files with a secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from vigiles.kernel import namespaces
from vigiles.model.cell import CellReady
from vigiles.model.errors import ControlUnavailable
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.runtime.beginning.opening import open_episode
from vigiles.runtime.episode import Episode

BASE = Path(sys.argv[1])
PYTHON = "/usr/bin/python3"
PROFILE = 'name="bare"\nextends="no-network"\ntier="U-"\n[files]\nworkdir="direct"\napply="all"\n[budgets]\nprocesses=100\n'

SEND = """
import socket, sys
kind, *rest = sys.argv[1:]
if kind == "tcp":
    s = socket.create_connection((rest[0], int(rest[1])), 2)
    print(s.recv(100).decode())
elif kind == "udp":
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (rest[0], int(rest[1])))
elif kind == "udp6":
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"x", ("::1", int(rest[1])))
elif kind == "mptcp":
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect((rest[0], int(rest[1])))
elif kind == "fastopen":
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).sendto(b"x", 0x20000000, (rest[0], int(rest[1])))
elif kind == "unix":
    s = socket.socket(socket.AF_UNIX); s.connect(rest[0]); print(s.recv(100).decode())
elif kind == "abstract":
    s = socket.socket(socket.AF_UNIX); s.connect("\\0" + rest[0]); print(s.recv(100).decode())
elif kind == "unixdgram":
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", rest[0])
elif kind == "pairdgram":
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"x", rest[0])
elif kind == "bind":
    s = socket.socket(); s.bind((rest[0], int(rest[1]))); s.listen(); print(*s.getsockname())
elif kind == "share":
    s = socket.socket(); s.setsockopt(1, 15, 1); s.bind(("127.0.0.1", int(rest[1]))); s.listen()
elif kind == "raw":
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
elif kind == "netlink":
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
"""
SERVER = """
import socket, sys, time
s = socket.socket(); s.bind(("0.0.0.0", 0)); s.listen()
open("port", "w").write(str(s.getsockname()[1]))
u = socket.socket(socket.AF_UNIX); u.bind("own.sock"); u.listen()
import threading
def serve(l):
    while True:
        c, _ = l.accept(); c.sendall(b"from the cell"); c.close()
threading.Thread(target=serve, args=(u,), daemon=True).start()
serve(s)
"""
DAEMON = """
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
for fd in (0, 1, 2): os.close(fd)
open("daemon", "w").write(str(os.getpid()))
time.sleep(600)
"""


ORPHAN = """
import os, socket, sys
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
try: socket.create_connection(("203.0.113.1", int(sys.argv[1])), 1)
except OSError: pass
"""
BOMB = """
import os
for _ in range(2000):
    try: os.fork()
    except OSError: pass
"""


def greet(listening: socket.socket) -> None:
    while True:
        one, _ = listening.accept()
        one.sendall(b"from the host")
        one.close()


def serve(family: int, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.bind(address)
    sock.listen()
    threading.Thread(target=greet, args=(sock,), daemon=True).start()
    return sock


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


async def do(episode: Episode, *argv: str, **more: Any) -> list[Any]:
    outcome = await episode.call(list(argv), **more)
    code = outcome.result.exit_code if outcome.result is not None else None
    return [code, outcome.stdout.decode(errors="replace"), outcome.stderr.decode(errors="replace")]


async def attacks(episode: Episode, host: subprocess.Popen[bytes], work: Path) -> dict[str, Any]:
    secret = BASE / "secret"
    tcp = serve(socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1]
    shared = socket.socket()
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    shared.bind(("127.0.0.1", 0))
    shared.listen()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)
    serve(socket.AF_UNIX, str(BASE / "docker.sock"))
    serve(socket.AF_UNIX, f"\0{BASE.name}")
    dgram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dgram.bind(str(BASE / "log.sock"))
    dgram.setblocking(False)
    (work / "link.sock").symlink_to(BASE / "docker.sock")
    send = [PYTHON, "send.py"]
    found = {
        "read a secret": await do(episode, "cat", str(secret)),
        "read through a link": await do(episode, "sh", "-c", f"ln -s {secret} l; cat l"),
        "write outside": await do(episode, "sh", "-c", f"echo x > {BASE}/planted"),
        "append to the secret": await do(episode, "sh", "-c", f"echo x >> {secret}"),
        "open the secret's mode": await do(episode, "chmod", "777", str(secret)),
        "open it by a link": await do(episode, "sh", "-c", f"ln -sf {secret} m; chmod 777 m"),
        "touch the secret": await do(episode, "touch", "-c", "-d", "2001-01-01", str(secret)),
        "move the secret in": await do(episode, "mv", str(secret), "stolen"),
        "hard link": await do(episode, "ln", str(secret), "hard"),
        "list the folder": await do(episode, "ls", str(BASE)),
        "host loopback": await do(episode, *send, "tcp", "127.0.0.1", str(tcp)),
        "host loopback by 0.0.0.0": await do(episode, *send, "tcp", "0.0.0.0", str(tcp)),
        "outside": await do(episode, *send, "tcp", "203.0.113.1", "9"),
        "udp": await do(episode, *send, "udp", "127.0.0.1", str(udp.getsockname()[1])),
        "udp6": await do(episode, *send, "udp6", "::1", "9"),
        "mptcp": await do(episode, *send, "mptcp", "127.0.0.1", str(tcp)),
        "fast open": await do(episode, *send, "fastopen", "127.0.0.1", str(tcp)),
        "docker.sock": await do(episode, *send, "unix", str(BASE / "docker.sock")),
        "docker.sock by a link": await do(episode, *send, "unix", "link.sock"),
        "abstract": await do(episode, *send, "abstract", BASE.name),
        "unix datagram": await do(episode, *send, "unixdgram", str(BASE / "log.sock")),
        "datagram pair": await do(episode, *send, "pairdgram", str(BASE / "log.sock")),
        "bind an address of the host": await do(episode, *send, "bind", "192.0.2.1", "0"),
        "share a port of the host": await do(episode, *send, "share", "x", str(shared.getsockname()[1])),
        "raw": await do(episode, *send, "raw"),
        "netlink": await do(episode, *send, "netlink"),
        "kill": await do(episode, "sh", "-c", f"kill -9 {host.pid}"),
        "kill the supervisor": await do(episode, "sh", "-c", f"kill -9 {os.getpid()}"),
        "kill everybody": await do(episode, "sh", "-c", "kill -9 -1; true"),
        "kill init": await do(episode, "sh", "-c", f"kill -9 {episode.cell.made.init}"),  # type: ignore[union-attr]
        "environ": await do(episode, "cat", f"/proc/{host.pid}/environ"),
        "memory": await do(episode, "head", "-c1", f"/proc/{host.pid}/mem"),
        "cwd": await do(episode, "ls", f"/proc/{host.pid}/cwd/"),
        "renice": await do(episode, "renice", "-n", "5", "-p", str(host.pid)),
        "shm": await do(episode, "ipcmk", "-M", "4096"),
        "namespace": await do(episode, "unshare", "-U", "true"),
        # -- benign twins
        "own write": await do(
            episode, "sh", "-c", "echo x > own; chmod 640 own; touch -d 2001-01-01 own; stat -c '%a %Y' own"
        ),
        "own time": await do(episode, PYTHON, "-c", "import os;f=os.open('own',os.O_RDWR);os.fchmod(f,0o600);os.utime(f)"),
        "bind all": await do(episode, *send, "bind", "0.0.0.0", "0"),
        "own kill": await do(episode, "sh", "-c", "sleep 100 & kill -9 $!; wait $!; echo $?"),
        "ps": await do(episode, "sh", "-c", f"tr '\\0' ' ' < /proc/{host.pid}/cmdline"),
    }
    found["datagrams that came"] = [_heard(udp), _heard(dgram)]
    found["secret"] = [secret.read_text(), oct(secret.stat().st_mode & 0o777), secret.stat().st_mtime > 1e9]
    found["host lives"] = lives(host.pid)
    found["planted"] = (BASE / "planted").exists()
    return found


def _heard(sock: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        return bool(sock.recv(10))
    return False


async def honest(episode: Episode, work: Path) -> dict[str, Any]:
    (work / "test_it.py").write_text("def test_it(tmp_path):\n    (tmp_path / 'x').write_text('1')\n    assert 1 + 1 == 2\n")
    server = await episode.call([PYTHON, "server.py"], background=True)
    until = time.monotonic() + 10
    while not (work / "own.sock").exists() or not (work / "port").exists():
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    port = (work / "port").read_text()
    git = "git init -q . && git config user.email a@b && git config user.name a"
    git += " && git add send.py && git commit -qm x && git log --oneline"
    return {
        "server's call": server.call,
        "server by a later call": await do(episode, PYTHON, "send.py", "tcp", "127.0.0.1", port),
        "server by its name": await do(episode, PYTHON, "send.py", "tcp", "localhost", port),
        "unix server by a later call": await do(episode, PYTHON, "send.py", "unix", "own.sock"),
        "nobody listens": await do(episode, PYTHON, "send.py", "tcp", "127.0.0.1", "1"),
        "git": await do(episode, "sh", "-c", git),
        "pool": await do(
            episode,
            PYTHON,
            "-c",
            "import tempfile as t, subprocess;print(t.mkdtemp(),subprocess.check_output('echo hi',shell=True))",
        ),
        "thirty processes": await do(episode, "sh", "-c", "for i in $(seq 30); do sleep 0.2 & done; wait; echo all"),
        "stdin": await do(episode, "cat", stdin=b"given"),
        "overdue": await do(episode, "sh", "-c", "sleep 50 & sleep 50", timeout=0.5),
        "pytest": await do(episode, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"),
    }


async def overlapping(episode: Episode) -> list[int]:
    """Return how many orphans of calls at the same time were seen to connect, and how many as their own call."""
    outcomes = await asyncio.gather(*(episode.call([PYTHON, "-c", ORPHAN, str(1000 + one)]) for one in range(12)))
    await asyncio.sleep(0.6)
    seen = [
        one for one in episode.records() if isinstance(one, Connect) and one.port >= 1000 and one.address == "203.0.113.1"
    ]
    return [len(seen), sum(one.attribution.call == outcomes[one.port - 1000].call for one in seen)]


async def bomb(episode: Episode) -> int:
    """Return how many processes a fork bomb comes to; the end of the episode ends it."""
    outcome = await episode.call([PYTHON, "-c", BOMB], background=True)
    await asyncio.sleep(1)
    return episode.watch.living(outcome.call)


async def main() -> dict[str, Any]:
    result: dict[str, Any] = {}
    try:
        namespaces.unshare(namespaces.NEWUSER)
        result["namespaces"] = "there are some"
    except OSError as error:
        result["namespaces"] = error.errno
    home, work = BASE / "h", BASE / "w"
    home.mkdir(mode=0o700)
    work.mkdir()
    (BASE / "secret").write_text("a secret")
    (BASE / "secret").chmod(0o600)
    profiles = {
        "p": PROFILE,
        "u": PROFILE.replace('"U-"', '"U"'),
        "o": 'name="o"\nextends="no-network"\ntier="U-"\n',
    }
    for name, extends in profiles.items():
        (BASE / name).mkdir()
        (BASE / name / "profile.toml").write_text(extends)
    (work / "send.py").write_text(SEND)
    (work / "server.py").write_text(SERVER)
    (work / "daemon.py").write_text(DAEMON)
    refused = {}
    for name, tier in (("u", None), ("u", "U-"), ("o", None)):
        try:
            async with open_episode(profile=BASE / name, workdir=work, home=home, tier=tier):  # type: ignore[arg-type]
                refused[f"{name} {tier}"] = "opened"
        except ControlUnavailable as error:
            refused[f"{name} {tier}"] = str(error)
    result["refused"] = refused
    host = subprocess.Popen(["sleep", "300"], env={"HOST_SECRET": "1"}, cwd=BASE)
    try:
        async with open_episode(profile=BASE / "p", workdir=work, home=home) as episode:
            assert episode.cell is not None
            private, first, notifier = episode.cell.spec.private, episode.cell.made.init, episode.cell.made.notifier
            result["attacks"] = await attacks(episode, host, work)
            result["honest"] = await honest(episode, work)
            result["overlapping"] = await overlapping(episode)
            result["daemon"] = await do(episode, PYTHON, "daemon.py")
            await asyncio.sleep(0.8)
            daemon = int((work / "daemon").read_text())
            result["daemon lives after its call"] = lives(daemon)
            result["daemon's call"] = episode.watch.call_of(daemon)
            result["daemon call number"] = max(episode._acts)
            records = episode.records()
            ready = next(record for record in records if isinstance(record, CellReady))
            result["tier"] = ready.tier
            result["weaker"] = [one.name for one in ready.controls if not one.applied and one.detail.startswith("weaker: ")]
            result["probes"] = [one.name for one in ready.probes if not one.stopped], len(ready.probes)
            result["connects"] = sorted(
                {(one.address, one.outcome, one.attribution.grade) for one in records if isinstance(one, Connect)}
            )
            result["methods"] = sorted(
                {method for one in records if isinstance(one, Connect) for method in one.attribution.methods}
            )
            result["disagreeing"] = sum(
                1 for one in records if isinstance(one, Connect | Bind | ProcessStart) and one.attribution.disagreement
            )
            result["binds"] = sorted({one.address for one in records if isinstance(one, Bind)})
            result["private there"] = os.path.isdir(private), oct(os.stat(private).st_mode & 0o777)
            await asyncio.sleep(0)
            episode.cell.signal(signal.SIGSTOP)
            await asyncio.sleep(0.5)
            result["frozen"] = Path(f"/proc/{daemon}/stat").read_bytes().rpartition(b")")[2].split()[0].decode()
            episode.cell.signal(signal.SIGCONT)
            # The kernel counts no processes of the machine's root, whatever he is called here.
            root = Path("/proc/self/uid_map").read_text().split()[1] == "0"
            result["bomb"] = None if root else await bomb(episode)
        until = time.monotonic() + 5
        while time.monotonic() < until and (lives(daemon) or lives(first) or lives(notifier) or os.path.exists(private)):
            await asyncio.sleep(0.05)
        result["left"] = [lives(daemon), lives(first), lives(notifier), os.path.exists(private)]
        result["host lives"] = lives(host.pid)
    finally:
        host.kill()
    return result


(BASE / "result.json").write_text(json.dumps(asyncio.run(main())))
