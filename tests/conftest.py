"""What every room's tests share: no deadlines on a busy machine, short homes, and a network of their own to play in."""

from __future__ import annotations

import array
import datetime
import ipaddress
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, settings

# Whoever runs tests side by side says how wide their terminal is; tables are tried at the width that they have without one.
os.environ.pop("COLUMNS", None)
# Property tests judge what is right, not how fast a busy machine is.
settings.register_profile("vigiles", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vigiles")

Play = Callable[..., Any]


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Callable[[str], Path]]:
    """Make folders with short paths (a Unix socket's path has 107 bytes), for this user only."""
    base = Path(tempfile.mkdtemp(prefix="v", dir="/tmp"))

    def make(name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=name, dir=base))

    yield make
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def home(short_folder: Callable[[str], Path]) -> Path:
    """A fresh state folder."""
    return short_folder("h")


@pytest.fixture
def workdir(short_folder: Callable[[str], Path]) -> Path:
    """A fresh work directory."""
    return short_folder("w")


@pytest.fixture(scope="session")
def busybox_root(short_folder: Callable[[str], Path]) -> Callable[[], Path]:
    """Make a root file system of one static busybox and its names (Debian: busybox-static)."""

    def make() -> Path:
        busybox = shutil.which("busybox")
        assert busybox is not None, "busybox is not installed: scripts/setup"
        root = short_folder("r")
        (root / "bin").mkdir()
        (root / "etc").mkdir()
        shutil.copy(busybox, root / "bin" / "busybox")
        for name in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
            if name != "busybox":
                (root / "bin" / name).symlink_to("busybox")
        (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n")
        (root / "etc" / "os-release").write_text("ID=nothing\n")
        return root

    return make


@pytest.fixture(scope="session")
def play(short_folder: Callable[[str], Path]) -> Play:
    """Run a script in a network namespace of its own (203.0.113.0/24 on lo); it gets a folder and writes result.json."""

    def run(script: Path, *arguments: str, seconds: float = 150) -> Any:
        folder = short_folder("p")
        enter = [sys.executable, "-P", "-m", "vigiles.drills.world.enter", "--"]
        command = [*enter, sys.executable, str(script), str(folder), *arguments]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, **pipes, text=True, env=environment, start_new_session=True) as process:
            try:
                out, errors = process.communicate(timeout=seconds)
            except BaseException:
                # Its children first: what a script has made it ends when it is told to, and not when it is killed.
                for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
                    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                        os.killpg(process.pid, number)
                        process.communicate(timeout=patience)
                raise
        assert process.returncode == 0, f"{script.name}: exit {process.returncode}\n{out}\n{errors}"
        return json.loads((folder / "result.json").read_text())

    return run


@pytest.fixture(scope="session")
def in_child() -> Callable[[Callable[[], Any]], Any]:
    """Run a function in a forked child, where it may unshare and restrict as it likes; return what it returned (JSON)."""

    def run(function: Callable[[], Any]) -> Any:
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            code = 1
            try:
                os.close(reader)
                os.write(writer, json.dumps({"value": function()}).encode())
                code = 0
            except BaseException:
                os.write(writer, json.dumps({"failed": traceback.format_exc()}).encode())
            finally:
                os._exit(code)
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            data = file.read()
        os.waitpid(pid, 0)
        said = json.loads(data)
        assert "failed" not in said, said["failed"]
        return said["value"]

    return run


@pytest.fixture(scope="session")
def run_bpf() -> Callable[..., int]:
    """Interpret a packed classic BPF program as the kernel would for one system call; return its action."""

    def run(program: bytes, number: int, arguments: Sequence[int] = (), arch: int = 0xC000_003E) -> int:
        words = [*arguments, 0, 0, 0, 0, 0, 0][:6]
        data = struct.pack("=iIQ6Q", number - (1 << 32) if number >> 31 else number, arch, 0, *words)
        code = list(struct.iter_unpack("HBBI", program))
        loaded, at = 0, 0
        while True:
            operation, yes, no, value = code[at]
            at += 1
            if operation == 0x20:
                loaded = struct.unpack_from("=I", data, value)[0]
            elif operation == 0x54:
                loaded &= value
            elif operation == 0x06:
                return int(value)
            else:
                holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[operation]
                at += yes if holds else no

    return run


_OVERLAY = """
import array, os, socket, subprocess, sys
from vigiles.kernel import mounts, namespaces, overlay
sock, lower, work, userxattr = socket.socket(fileno=int(sys.argv[1])), sys.argv[2], sys.argv[3], sys.argv[4] == "user"
uid, gid = os.getuid(), os.getgid()
namespaces.unshare(namespaces.NEWNS | (namespaces.NEWUSER if userxattr else 0))
if userxattr:
    namespaces.map_self(uid, uid, gid, gid)
mounts.private_tree()
mounts.mount("tmpfs", work, "tmpfs", mounts.NOSUID | mounts.NODEV, "mode=0755")
for name in ("upper", "work", "merged"):
    os.mkdir(f"{work}/{name}")
overlay.writable(lower, f"{work}/upper", f"{work}/work", f"{work}/merged", privileged=not userxattr)
fds = array.array("i", [os.open(f"{work}/{name}", os.O_RDONLY | os.O_DIRECTORY) for name in ("upper", "merged")])
sock.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds.tobytes())])
while script := sock.recv(65536):
    sock.send(bytes([subprocess.run(["sh", "-ec", script], cwd=f"{work}/merged").returncode & 255]))
"""


class Overlay:
    """``upper``: descriptor of the upper folder; ``merged``: what the cell sees, as a path; ``lower``: what is below."""

    def __init__(self, lower: Path, work: Path, kind: str) -> None:
        self.lower = lower
        work.mkdir()
        self.userxattr = kind == "user"
        ours, theirs = socket.socketpair()
        self._sock = ours
        self._child = subprocess.Popen(
            [sys.executable, "-c", _OVERLAY, str(theirs.fileno()), str(lower), str(work), kind], pass_fds=[theirs.fileno()]
        )
        theirs.close()
        data, ancillary, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(8))
        assert data, "no overlay could be mounted"
        fds = array.array("i")
        fds.frombytes(ancillary[0][2])
        self.upper, self._merged_fd = fds
        self.merged = Path(f"/proc/self/fd/{self._merged_fd}")

    def sh(self, script: str) -> None:
        """Run a shell script in the merged folder."""
        self._sock.send(script.encode())
        assert self._sock.recv(1) == b"\0", script

    def close(self) -> None:
        os.close(self.upper)
        os.close(self._merged_fd)
        self._sock.close()
        self._child.wait(10)


@pytest.fixture(scope="session")
def overlay_at() -> type[Overlay]:
    """Mount an overlay (lower folder, a folder to be made for its parts, kind); its user closes it."""
    return Overlay


@pytest.fixture(params=["user", *(["root"] if os.geteuid() == 0 else [])])
def kind(request: pytest.FixtureRequest) -> str:
    """An overlay as an ordinary user mounts it, and as root does."""
    return str(request.param)


@pytest.fixture(scope="session")
def processes_with() -> Callable[[str], list[int]]:
    """Return the host pids of living processes whose command line has a word."""

    def find(word: str) -> list[int]:
        found = []
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and word.encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                    found.append(int(name))
            except OSError:
                continue
        return [pid for pid in found if pid != os.getpid()]

    return find


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., None]:
    def wait(condition: Callable[[], object], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    return wait


@dataclass
class Https:
    """A server with TLS on loopback. ``authority``: who signed its certificate; ``answer``: path -> status;
    ``slow_s`` holds answers back; ``got``: (path, headers, body) of each request.
    """

    authority: Path
    url: str
    answer: Callable[[str], int]
    slow_s: float = 0.0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Https]]:
    """Start a server whose certificate for 127.0.0.1 is by an authority of its own: ``https(answer, days=(-1, 2))``."""
    running: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[str], int] = lambda path: 200, days: tuple[int, int] = (-1, 2)) -> Https:
        folder = tmp_path_factory.mktemp("https")
        _certified(folder, *days)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                made.got.append((self.path, dict(self.headers), body))
                time.sleep(made.slow_s)
                try:
                    self.send_response(made.answer(self.path))
                    self.send_header("Location", f"{made.url}/elsewhere")
                    self.send_header("Content-Type", "text/plain; charset=utf-8")
                    self.send_header("Content-Length", "5")
                    self.end_headers()
                    self.wfile.write(b"taken")
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request: Any, client_address: Any) -> None:
                # In the thread of the request: one that never speaks holds nobody else up.
                try:
                    with context.wrap_socket(request, server_side=True) as secured:
                        Handler(secured, client_address, self)
                except OSError:
                    pass  # a client that refuses us

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        server = Server(("127.0.0.1", 0), Handler)
        running.append(server)
        made = Https(folder / "ca.pem", f"https://127.0.0.1:{server.server_port}/hook", answer)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return made

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def _certified(folder: Path, first: int, last: int) -> None:
    """Make ca.pem, and cert.pem with key.pem for 127.0.0.1, valid from ``first`` to ``last`` days from now."""
    today = datetime.datetime.now(datetime.UTC)
    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("a test's authority", "a test")]
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    use = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    for name, subject, key, extensions in (
        ("ca.pem", names[0], authority, [(x509.BasicConstraints(True, None), True), (use, True), (identifier, False)]),
        ("cert.pem", names[1], own, [(x509.BasicConstraints(False, None), True), (address, False), (issuer, False)]),
    ):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(names[0]).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(today + datetime.timedelta(days=first))
        builder = builder.not_valid_after(today + datetime.timedelta(days=last))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        made = builder.sign(authority, hashes.SHA256())
        (folder / name).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
