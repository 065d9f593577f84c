"""What the tests of tier U- with a network look at: one episode with a door, in a world without user namespaces.

Runs below ``without_spaces.py`` inside a drill's network namespace, which stands for the host's. Its argument is a folder;
it writes ``result.json`` there. One host is allowed, ``allowed.example``; the same server answers for another that is not.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from vigiles.model.cell import CellReady
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Bind, Connect
from vigiles.runtime.beginning.opening import open_episode
from vigiles.runtime.episode import Episode

BASE = Path(sys.argv[1])
PYTHON = "/usr/bin/python3"
ALLOWED, ELSEWHERE, PORT, DOOR = "203.0.113.66", "203.0.113.77", 8000, 3128
PROFILE = f"""
name = "networked"
extends = "rl-rollout"
tier = "U-"
[files]
workdir = "direct"
apply = "all"
[egress]
hosts = ["allowed.example:{PORT}"]
[egress.pins]
"allowed.example:{PORT}" = "{ALLOWED}"
"""
#: Clients of all kinds; each says on one line what came of it, or the errno.
CLIENT = """
import asyncio, os, select, socket, struct, sys, threading, urllib.request
NAME, URL, HOST, DOOR = "allowed.example", "http://allowed.example:8000/", "203.0.113.66", 3128
GET = b"GET / HTTP/1.1\\r\\nHost: allowed.example:8000\\r\\nConnection: close\\r\\n\\r\\n"
PROXIED = GET.replace(b"GET /", b"GET " + URL.encode())
def read(s):
    out = b""
    while data := s.recv(4096): out += data
    return out.rpartition(b"\\r\\n")[2].decode() if b" 200 " in out[:20] else out[:20]
def ask(s, request): s.sendall(request); return read(s)
def tcp(host, port, family=socket.AF_INET):
    s = socket.socket(family); s.settimeout(5); s.connect((host, port)); return s
def non_blocking(to):
    s = socket.socket(); s.setblocking(False)
    first = s.connect_ex(to); select.select([], [s], [], 5)
    again = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), s.connect_ex(to), s.connect_ex(to)
    s.setblocking(True); return first, again, s
async def over_asyncio():
    reader, writer = await asyncio.open_connection(NAME, 8000); writer.write(GET)
    return (await reader.read()).rpartition(b"\\n")[2].decode()
def by_threads():
    done = []
    def one(): done.append(ask(tcp("127.0.0.1", DOOR), PROXIED))
    all = [threading.Thread(target=one) for _ in range(20)]
    [t.start() for t in all]; [t.join() for t in all]
    return done.count("honest")
def shared():
    s = socket.socket(); other = s.dup(); s.connect(("127.0.0.1", DOOR)); s.close(); return ask(other, PROXIED)
def bound():
    s = socket.socket(); s.bind(("127.0.0.1", 0)); s.connect(("127.0.0.1", DOOR)); return ask(s, PROXIED)
def only_six():
    s = socket.socket(socket.AF_INET6); s.setsockopt(41, 26, 1); s.connect(("::1", DOOR)); return ask(s, PROXIED)
def socks():
    s = tcp("127.0.0.1", 3130); s.sendall(b"\\x05\\x01\\x00\\x05\\x01\\x00\\x03\\x0f" + NAME.encode() + b"\\x1f\\x40")
    return ask(s, GET) if s.recv(2) + s.recv(10) == b"\\x05\\x00\\x05\\x00\\x00\\x01" + bytes(6) else "refused"
def twice():
    first, again, s = non_blocking(("127.0.0.1", DOOR)); return [first, again, ask(s, PROXIED)]
def own_server():
    l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen()
    c = tcp(*l.getsockname()); p, _ = l.accept(); p.sendall(b"own"); return c.recv(9).decode()
def option(level, name, value):
    s = socket.socket(); s.setsockopt(level, name, value); return "set"
def listen_at(port):
    s = socket.socket(); s.bind(("127.0.0.1", port)); s.listen(); return "listens"
print({
    "urllib": lambda: urllib.request.urlopen(URL, timeout=5).read().decode(),
    "by name": lambda: ask(tcp(NAME, 8000), GET),
    "by address": lambda: ask(tcp(HOST, 8000), GET),
    "mapped": lambda: ask(tcp("::ffff:127.0.0.1", DOOR, socket.AF_INET6), PROXIED),
    "six": lambda: ask(tcp("::1", DOOR, socket.AF_INET6), PROXIED),
    "only six": only_six,
    "asyncio": lambda: asyncio.run(over_asyncio()),
    "socks": socks, "threads": by_threads, "shared": shared, "bound": bound, "twice": twice, "own server": own_server,
    "other name": lambda: ask(tcp("127.0.0.1", DOOR), PROXIED.replace(b"allowed.", b"other.")),
    "other name, looked up": lambda: socket.getaddrinfo("other.example", 8000),
    "other address": lambda: ask(tcp("203.0.113.77", 8000), GET),
    "other port": lambda: ask(tcp(HOST, 8001), GET),
    "transparent port": lambda: ask(tcp("127.0.0.1", 3129), GET),
    "host's own 3128": lambda: ask(tcp("127.0.0.2", DOOR), PROXIED),
    "host's loopback": lambda: tcp("127.0.0.1", int(os.environ["HOST_PORT"])).recv(100),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (HOST, 53)),
    "raw": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "to a device": lambda: option(socket.SOL_SOCKET, 25, b"lo\\0"),
    "to a device's number": lambda: option(socket.SOL_SOCKET, 62, struct.pack("i", 1)),
    "source route": lambda: option(0, 4, bytes([131, 7, 4, 203, 0, 113, 77, 0])),
    "door's port": lambda: listen_at(DOOR),
    "docker.sock": lambda: socket.socket(socket.AF_UNIX).connect(os.environ["DOCKER"]),
    "abstract": lambda: socket.socket(socket.AF_UNIX).connect("\\0host-networked"),
}[sys.argv[1]]())
"""
WORK = (
    "urllib",
    "by name",
    "by address",
    "mapped",
    "six",
    "only six",
    "asyncio",
    "socks",
    "threads",
    "shared",
    "bound",
    "twice",
)
ATTACKS = ("other name", "other name, looked up", "other address", "other port", "transparent port", "host's own 3128",
           "host's loopback", "udp", "raw", "to a device", "to a device's number", "source route", "door's port",
           "docker.sock", "abstract")  # fmt: skip


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"honest")

    def log_message(self, format: str, *args: Any) -> None:
        pass


def greeting(family: int, address: Any) -> tuple[socket.socket, list[int]]:
    """Serve as the host: say so to everybody, and count who came."""
    listening = socket.socket(family)
    listening.bind(address)
    listening.listen()
    came: list[int] = []

    def serve() -> None:
        while True:
            one, _ = listening.accept()
            came.append(1)
            one.sendall(b"from the host")
            one.close()

    threading.Thread(target=serve, daemon=True).start()
    return listening, came


class Stranger:
    """Another program of the machine: knocks at every port of loopback that it sees somebody listen on."""

    def __init__(self, known: set[int]) -> None:
        self.spoken, self.knocks, self._known = 0, 0, known
        self._go = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self._go:
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
                words = line.split()
                port = int(words[1].rpartition(":")[2], 16)
                if words[3] == "0A" and port not in self._known:
                    self._knock(port)

    def _knock(self, port: int) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
                self.knocks += 1
                sock.sendall(b"GET http://allowed.example:8000/ HTTP/1.1\r\nHost: allowed.example:8000\r\n\r\n")
                self.spoken += bool(sock.recv(100))
        except OSError:
            pass

    def stop(self) -> list[int]:
        self._go = False
        self._thread.join(5)
        return [self.knocks, self.spoken]


async def client(episode: Episode, what: str, env: dict[str, str]) -> list[Any]:
    outcome = await episode.call([PYTHON, "client.py", what], env=env, timeout=20)
    code = outcome.result.exit_code if outcome.result is not None else None
    return [code, outcome.stdout.decode().strip(), outcome.stderr.decode(errors="replace")[-200:]]


async def main() -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in ("h", "w", "p"):
        (BASE / name).mkdir(mode=0o700)
    (BASE / "p/profile.toml").write_text(PROFILE)
    (BASE / "w/client.py").write_text(CLIENT)
    for port in (PORT, PORT + 1):
        for address in (ALLOWED, ELSEWHERE):
            site = http.server.ThreadingHTTPServer((address, port), Site)
            threading.Thread(target=site.serve_forever, daemon=True).start()
    _, at_door = greeting(socket.AF_INET, ("0.0.0.0", DOOR))
    loopback, at_loopback = greeting(socket.AF_INET, ("127.0.0.1", 0))
    _, at_docker = greeting(socket.AF_UNIX, str(BASE / "docker.sock"))
    _, at_abstract = greeting(socket.AF_UNIX, "\0host-networked")
    env = {"HOST_PORT": str(loopback.getsockname()[1]), "DOCKER": str(BASE / "docker.sock")}
    async with open_episode(profile=BASE / "p", workdir=BASE / "w", home=BASE / "h") as episode:
        stranger = Stranger({PORT, PORT + 1, DOOR, loopback.getsockname()[1]})
        result["work"] = {what: await client(episode, what, env) for what in WORK}
        result["stranger"] = stranger.stop()
        result["own server"] = await client(episode, "own server", env)
        result["curl"] = await tool(episode, "curl", "-sS", f"http://allowed.example:{PORT}/")
        result["curl past the proxy"] = await tool(
            episode, "curl", "-sS", "--noproxy", "*", f"http://allowed.example:{PORT}/"
        )
        result["attacks"] = {what: await client(episode, what, env) for what in ATTACKS}
        await episode.settle(0.3)
        records = episode.records()
        ready = next(record for record in records if isinstance(record, CellReady))
        result["door"] = next(one.applied for one in ready.controls if one.name == "door")
        flows = [one for one in records if isinstance(one, Flow)]
        result["flows"] = sorted({(one.host, one.port, one.via, one.reason, one.attribution.grade) for one in flows})
        result["methods"] = sorted({tuple(one.attribution.methods) for one in flows})
        result["names"] = sorted({(one.name, one.outcome) for one in records if isinstance(one, DnsQuery)})
        result["connects"] = sorted({(one.address, one.port, one.outcome) for one in records if isinstance(one, Connect)})
        result["disagreeing"] = sum(
            bool(one.attribution.disagreement) for one in records if isinstance(one, Flow | Connect | Bind | DnsQuery)
        )
        assert episode.cell is not None
        await episode.cell.cut()
        result["after the cut"] = await client(episode, "urllib", env)
    result["came to the host"] = [len(at_door), len(at_loopback), len(at_docker), len(at_abstract)]
    return result


async def tool(episode: Episode, *argv: str) -> list[Any]:
    outcome = await episode.call(list(argv), timeout=20)
    code = outcome.result.exit_code if outcome.result is not None else None
    return [code, outcome.stdout.decode(), outcome.stderr.decode(errors="replace")[-200:]]


(BASE / "result.json").write_text(json.dumps(asyncio.run(main())))
os._exit(0)
