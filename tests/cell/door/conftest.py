"""A real door in its own process, between listeners on loopback; the test plays cell, notifier and supervisor."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.messages import (
    Allow,
    Cut,
    Done,
    FlowList,
    Flows,
    ItIs,
    Reachable,
    Ready,
    Registration,
    Shutdown,
    decode_from_door,
    decode_to_notifier,
    encode,
    pair,
)
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.ruleset.profile import Egress

HOST = "allowed.example"
#: A door may import nothing once it has left root behind: whoever runs it may not be able to read the interpreter's files.
#: Here such an import fails, whoever runs the tests, and is told of. ``sabotage`` is run before.
_BEFORE = """
import msgspec, os, select, socket, sys
from vigiles.cell import door_spawner
from vigiles.cell.listeners import Listening
packed, sabotage, told, *fds = sys.argv[1:]
packed, told, fds = bytes.fromhex(packed), int(told), [int(fd) for fd in fds]
class Refuse:
    def find_spec(self, name, path=None, target=None):
        os.write(told, name.encode() + b" ")
        raise ModuleNotFoundError(name)
"""
_BOOT = f"""{_BEFORE}
start = door_spawner.load()
if msgspec.msgpack.decode(packed)["authority"]:
    door_spawner.load_termination()
exec(sabotage)
s = [socket.socket(fileno=fd) for fd in fds]
sys.meta_path.insert(0, Refuse())
door_spawner.become_nobody()
start(packed, Listening(proxy=s[0], transparent=[s[1]], dns_udp=s[2], dns_tcp=s[3], socks=s[4]), s[5], s[6])
"""
#: The same by way of a real spawner; this process stays until the supervisor has hung up.
_BY_SPAWNER = f"""{_BEFORE}
leave_root = door_spawner.become_nobody
def become_nobody():
    leave_root()
    sys.meta_path.insert(0, Refuse())
door_spawner.become_nobody = become_nobody
spawner = door_spawner.start([])
control, ports = (socket.socket(fileno=fd) for fd in fds[5:])
door_spawner.spawn(spawner, packed, control, ports, [fds[0], fds[2], fds[3], fds[4], fds[1]],
                   terminates=bool(msgspec.msgpack.decode(packed)["authority"]))
hung_up = select.poll()
hung_up.register(control, 0)
hung_up.poll()
"""


def _listener(kind: int = socket.SOCK_STREAM) -> socket.socket:
    sock = socket.socket(socket.AF_INET, kind)
    sock.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        sock.listen(4096)
    return sock


class RunningDoor:
    """One door and both of its partners."""

    def __init__(self, config: DoorConfig, sabotage: str = "", boot: str = _BOOT) -> None:
        self.owner: ItIs | None = ItIs(token=0, call=7, pid=70, methods=["uts"])
        #: What :meth:`complaints` has to return.
        self.expected = ("", "")
        self.messages: list[Any] = []
        self._arrived = threading.Condition()
        self._token = 0
        self.reading = threading.Event()
        self.reading.set()
        self.listening = [_listener(), _listener(), _listener(socket.SOCK_DGRAM), _listener(), _listener()]
        self.proxy, self.transparent, self.dns_udp, self.dns_tcp, self.socks = [s.getsockname()[1] for s in self.listening]
        self.control, control = pair()
        self.ports, ports = pair()
        given = [*self.listening, control, ports]
        packed = msgspec.msgpack.encode(config).hex()
        self._imported, self._stderr = os.memfd_create("imported"), os.memfd_create("stderr")
        handed = [str(self._imported), *[str(s.fileno()) for s in given]]
        self.process = subprocess.Popen(
            [sys.executable, "-c", boot, packed, sabotage, *handed],
            pass_fds=[int(fd) for fd in handed],
            stderr=self._stderr,
        )
        for sock in given:
            sock.close()
        self._threads = [threading.Thread(target=self._supervise), threading.Thread(target=self._notify)]
        for thread in self._threads:
            thread.start()
        self.wait(lambda m: isinstance(m, Ready))

    def _supervise(self) -> None:
        while True:
            self.reading.wait()
            try:
                data = self.control.recv(1 << 20)
            except OSError:
                data = b""
            with self._arrived:
                if data:
                    self.messages.append(decode_from_door(data))
                self._arrived.notify_all()
            if not data:
                return

    def _notify(self) -> None:
        while True:
            try:
                data = self.ports.recv(1 << 16)
            except OSError:
                return
            if not data:
                return
            asked = decode_to_notifier(data)
            if isinstance(asked, Reachable):
                continue
            if self.owner is not None:
                with contextlib.suppress(OSError):
                    self.ports.send(encode(msgspec.structs.replace(self.owner, token=asked.token)))

    def wait(self, wanted: Callable[[Any], bool], seconds: float = 8) -> Any:
        """Return the first message that is ``wanted``; fail with what came when there is none in time."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while True:
                for message in self.messages:
                    if wanted(message):
                        return message
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no such message; came: {self.messages!r:.2000}")
                self._arrived.wait(left)

    def wait_flow(self, wanted: Callable[[Flow], bool], seconds: float = 8) -> Flow:
        found = self.wait(lambda m: isinstance(m, Flow) and wanted(m), seconds)
        assert isinstance(found, Flow)
        return found

    def flows(self, phase: str | None = None) -> list[Flow]:
        with self._arrived:
            return [m for m in self.messages if isinstance(m, Flow) and phase in (None, m.phase)]

    def queries(self, at_least: int = 1) -> list[DnsQuery]:
        def told() -> list[DnsQuery]:
            return [m for m in self.messages if isinstance(m, DnsQuery)]

        self.wait(lambda _: len(told()) >= at_least)
        return told()

    def connect(
        self, port: int, call: int | None = 1, destination: tuple[str, int] | None = None, timeout: float = 8
    ) -> socket.socket:
        """Connect as a process of ``call`` would, the notifier registering it; None: without registration."""
        sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        if call is not None:
            address, source = sock.getsockname()
            registration = Registration(
                transport="tcp", family="inet", source_address=address, source_port=source, door_port=port, call=call,
                pid=100 + call,
                destination_host=destination[0] if destination else None,
                destination_port=destination[1] if destination else None,
            )  # fmt: skip
            self.ports.send(encode(registration))
        return sock

    def ask(self, raw: bytes, call: int = 1) -> bytes:
        """Send ``raw`` to the proxy port and return everything that comes back until the door closes."""
        with self.connect(self.proxy, call) as sock:
            with contextlib.suppress(OSError):
                sock.sendall(raw)
            return drain(sock)

    def tunnel(self, host: str, port: int, call: int = 1, more: bytes = b"") -> socket.socket:
        """Return a socket on which CONNECT has been answered with 200."""
        sock = self.connect(self.proxy, call)
        sock.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode() + more)
        head = b""
        while b"\r\n\r\n" not in head:
            piece = sock.recv(1)
            assert piece, f"the door closed after {head!r}"
            head += piece
        assert head.startswith(b"HTTP/1.1 200 "), head
        return sock

    def order(self, kind: type[Cut | Allow | Flows | Shutdown], **what: Any) -> Any:
        """Give an order and return its answer."""
        self._token += 1
        token = self._token
        self.control.send(encode(kind(token=token, **what)))
        return self.wait(lambda m: isinstance(m, Done | FlowList) and m.token == token)

    def stop(self) -> None:
        self.reading.set()
        for sock in (self.control, self.ports):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.process.wait(5)
        for thread in self._threads:
            thread.join(5)
        self.control.close()
        self.ports.close()

    def complaints(self) -> tuple[str, str]:
        """Return which modules the door tried to import, and what it wrote to its standard error; both once it ended."""
        found = []
        for fd in (self._imported, self._stderr):
            with os.fdopen(fd, encoding="utf-8") as file:
                file.seek(0)
                found.append(file.read())
        return found[0], found[1]


def drain(sock: socket.socket) -> bytes:
    """Read to the end; a reset ends it too."""
    data = b""
    while True:
        try:
            piece = sock.recv(65536)
        except ConnectionResetError:
            return data + b"<RST>"
        if not piece:
            return data
        data += piece


StartDoor = Callable[..., RunningDoor]


@pytest.fixture
def start_door() -> Iterator[StartDoor]:
    """Start a door: keywords of Egress, or of DoorConfig; ``servers`` are allowed as ``allowed.example:port`` and pinned.

    Every door of every test is held to this: it imports nothing and writes nothing to its standard error.
    """
    running: list[RunningDoor] = []

    def start(*servers: int, mode: str = "allow", sabotage: str = "", boot: str = _BOOT, **settings: Any) -> RunningDoor:
        own = {key: settings.pop(key) for key in list(settings) if key in DoorConfig.__struct_fields__}
        egress: dict[str, Any] = {
            "mode": mode,
            "hosts": [f"{HOST}:{port}" for port in servers] if mode == "allow" else [],
            "pins": {f"{HOST}:{port}": "127.0.0.1" for port in servers},
            "first_flight_ms": 1500,
            **settings,
        }
        config = DoorConfig(coordinates=Coordinates(run="run-1", episode="ep-1"), egress=Egress(**egress), **own)
        door = RunningDoor(config, sabotage, boot)
        running.append(door)
        return door

    yield start
    for door in running:
        door.stop()
    assert [door.complaints() for door in running] == [door.expected for door in running]


class Outside:
    """A TCP server that hands each connection to ``speak`` and remembers every byte it was sent."""

    def __init__(self, speak: Callable[[socket.socket, Outside], None]) -> None:
        self.heard = b""
        self.connections = 0
        self._listener = _listener()
        self.port = self._listener.getsockname()[1]
        self._speak = speak
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._accept)
        self._main.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._one, args=(sock,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _one(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            sock.settimeout(10)
            self._speak(sock, self)

    def hear(self, sock: socket.socket) -> bytes:
        data = sock.recv(65536)
        self.heard += data
        return data

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._main.join(5)


@pytest.fixture
def outside() -> Iterator[Callable[..., Outside]]:
    servers: list[Outside] = []

    def start(speak: Callable[[socket.socket, Outside], None] | None = None) -> Outside:
        def listen(sock: socket.socket, server: Outside) -> None:
            while server.hear(sock):
                pass

        servers.append(Outside(speak or listen))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"x" * 3_000_000 if self.path == "/big" else f"{self.path} at {self.headers['Host']}".encode()
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"4\r\nabcd\r\n2;x=y\r\nef\r\n0\r\nTrailer: 1\r\n\r\n")
            return
        if self.path == "/until-close":
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Keep-Alive", "timeout=5")
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "12345")
        self.end_headers()

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = f"{len(body)} {sum(body) % 65521}".encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        self.server.seen.append(dict(self.headers.items()))  # type: ignore[attr-defined]  # set by the fixture


class Site(ThreadingHTTPServer):
    """A web site; ``seen`` are the header fields of each request."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Site)
        self.seen: list[dict[str, str]] = []
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self.thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join(5)


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    yield server
    server.end()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for allowed.example, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "site.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_site(certificate: Path) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Site(context)
    yield server
    server.end()


def client_hello(sni: str | None) -> bytes:
    """A real ClientHello, made by OpenSSL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = context.wrap_bio(incoming, outgoing, server_hostname=sni)
    with contextlib.suppress(ssl.SSLWantReadError):
        engine.do_handshake()
    return outgoing.read()


@pytest.fixture
def before() -> str:
    return _BEFORE


@pytest.fixture
def by_spawner() -> str:
    return _BY_SPAWNER


@pytest.fixture
def hello() -> Callable[[str | None], bytes]:
    return client_hello


@pytest.fixture
def read_all() -> Callable[[socket.socket], bytes]:
    return drain


def reset_on_close(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
