"""What the door costs: a large download and 200 small requests a second, through it, past it, and through other proxies."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.door_peers import Missing, mitmproxy, mitmproxy_authority, sandbox_runtime
from benchmarks.door_process import DoorProcess, listener
from benchmarks.place import place
from benchmarks.rounds import Spread, interleave, spread
from benchmarks.row import Row
from vigiles.cell import authority

HOST = "allowed.example"
#: A peer resolves names itself, and this machine's loopback has no other name that it would take.
LOOPBACK = "127.0.0.1"
RATE = 200
P99_MS = 50
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Subject:
    """One way to the host. ``bar``: the least part of the direct speed, None where there is none."""

    name: str
    way: str
    port: int
    through: int = 0
    host: str = HOST
    trust: str = ""
    notifier: int | None = None
    reference: str = ""
    bar: float | None = None

    def job(self, size: int, seconds: float) -> dict[str, Any]:
        """Return what ``door_client`` is told."""
        return {
            "way": self.way, "port": self.port, "through": self.through, "host": self.host, "trust": self.trust,
            "notifier": self.notifier, "size": size, "rate": RATE, "seconds": seconds,
        }  # fmt: skip


@dataclass
class Scene:
    """The subjects of one run, and what is not there."""

    subjects: list[Subject] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def _run(subject: Subject, size: int, seconds: float) -> dict[str, Any]:
    given = [] if subject.notifier is None else [subject.notifier]
    words = [sys.executable, str(_HERE / "door_client.py"), json.dumps(subject.job(size, seconds))]
    done = subprocess.run(words, pass_fds=given, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"{subject.name}: {done.stderr.strip().splitlines()[-1]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextlib.contextmanager
def _origin(certificate: Path | None = None) -> Iterator[int]:
    with listener() as sock:
        words = [
            sys.executable,
            str(_HERE / "door_origin.py"),
            str(sock.fileno()),
            *([str(certificate)] if certificate else []),
        ]
        process = subprocess.Popen(words, pass_fds=[sock.fileno()])
        try:
            yield sock.getsockname()[1]
        finally:
            process.kill()
            process.wait()


def _certificate(folder: Path) -> tuple[Path, str]:
    """Return a file with key and certificate of the host, and the certificate alone, which is its own authority."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "host.pem"
    path.write_bytes(private + public)
    return path, public.decode("ascii")


def _scene(stack: contextlib.ExitStack, folder: Path, *, peers: bool) -> Scene:
    certificate, trust = _certificate(folder)
    plain = stack.enter_context(_origin())
    secure = stack.enter_context(_origin(certificate))
    door = stack.enter_context(DoorProcess(HOST, [plain, secure]))
    ours = authority.mint()
    ending = stack.enter_context(DoorProcess(HOST, [secure], authority=ours, trust=trust))
    told, ends = door.notifier.fileno(), ending.notifier.fileno()
    inside = authority.trust_in(ours).certificate
    scene = Scene(
        [
            Subject("direct", "direct", plain),
            Subject("http:// by the proxy port", "proxy", plain, door.proxy, notifier=told, reference="direct", bar=0.5),
            Subject("transparent port", "transparent", plain, door.transparent, notifier=told, reference="direct", bar=0.5),
            Subject("direct TLS", "direct", secure, trust=trust),
            Subject("TLS passed on", "connect", secure, door.proxy, HOST, trust, told, "direct TLS", 0.5),
            Subject("TLS terminated", "connect", secure, ending.proxy, HOST, inside, ends, "direct TLS", 0.25),
        ]
    )
    if peers:
        _add_peers(scene, stack, folder, plain, secure, trust)
    return scene


def _add_peers(scene: Scene, stack: contextlib.ExitStack, folder: Path, plain: int, secure: int, trust: str) -> None:
    try:
        port = stack.enter_context(mitmproxy(folder))
        passing = stack.enter_context(mitmproxy(folder, "--ignore-hosts", ".*"))
        signs = mitmproxy_authority(folder)
        scene.subjects += [
            Subject("mitmproxy, http:// by the proxy port", "proxy", plain, port, LOOPBACK),
            Subject("mitmproxy, TLS passed on", "connect", secure, passing, LOOPBACK, trust),
            Subject("mitmproxy, TLS terminated", "connect", secure, port, LOOPBACK, signs),
        ]
    except Missing as why:
        scene.missing.append(f"mitmproxy: {why}")
    try:
        port = stack.enter_context(sandbox_runtime(folder))
        scene.subjects += [
            Subject("sandbox-runtime, http:// by the proxy port", "proxy", plain, port, LOOPBACK),
            Subject("sandbox-runtime, TLS passed on", "connect", secure, port, LOOPBACK, trust),
        ]
    except Missing as why:
        scene.missing.append(f"sandbox-runtime: {why}")


def measure(rounds: int, *, quick: bool) -> tuple[list[Row], list[str]]:
    """Return the rows, and what could not be measured beside them and why."""
    size, seconds = (5_000_000, 0.2) if quick else (600_000_000, 10.0)
    with place() as folder, contextlib.ExitStack() as stack:
        scene = _scene(stack, folder, peers=not quick)
        speeds = asyncio.run(_interleaved(scene.subjects, "mb_s", size, 0, rounds, warm_up=0 if quick else 1))
        paced: dict[str, dict[str, Any]] = {}
        for subject in scene.subjects:
            paced[subject.name] = _run(subject, 0, seconds)
    rows = [_download(subject, speeds) for subject in scene.subjects if subject.reference]
    rows += [row for subject in scene.subjects if subject.reference for row in _beside(subject, speeds)]
    for subject in scene.subjects:
        rows += _paced(subject, paced)
    return rows, scene.missing


async def _interleaved(
    subjects: list[Subject], what: str, size: int, seconds: float, rounds: int, warm_up: int
) -> dict[str, list[float]]:
    def timed(subject: Subject) -> Any:
        async def one() -> float:
            return float((await asyncio.to_thread(_run, subject, size, seconds))[what])

        return one

    return await interleave({subject.name: timed(subject) for subject in subjects}, rounds, warm_up=warm_up)


def _ratio(mine: list[float], other: list[float]) -> Spread:
    return spread([one / two for one, two in zip(mine, other, strict=True)])


def _download(subject: Subject, speeds: dict[str, list[float]]) -> Row:
    ratio = _ratio(speeds[subject.name], speeds[subject.reference])
    return Row(
        group="door", name=f"large download, {subject.name}", unit="MB/s", ours=spread(speeds[subject.name]),
        reference=spread(speeds[subject.reference]), ratio=ratio, bar=f">= {subject.bar} x",
        passed=None if subject.bar is None else ratio.median >= subject.bar, note=f"the reference is {subject.reference}",
    )  # fmt: skip


def _beside(subject: Subject, speeds: dict[str, list[float]]) -> list[Row]:
    names = [f"{peer}, {subject.name}" for peer in ("mitmproxy", "sandbox-runtime")]
    return [
        Row(
            group="door", name=f"large download, {subject.name}, beside {name.partition(',')[0]}", unit="MB/s",
            ours=spread(speeds[subject.name]), reference=spread(speeds[name]),
            ratio=_ratio(speeds[subject.name], speeds[name]),
        )
        for name in names
        if name in speeds
    ]  # fmt: skip


def _paced(subject: Subject, paced: dict[str, dict[str, Any]]) -> list[Row]:
    told = paced[subject.name]
    return [
        Row(
            group="door", name=f"{RATE} small requests a second, {subject.name}, 99th percentile", unit="ms",
            ours=spread([told["p99"]]), bar=f"< {P99_MS} ms" if subject.reference else "",
            passed=told["p99"] < P99_MS if subject.reference else None,
            note=f"median {told['p50']:.1f} ms, {told['failed']} failed; a new connection for each",
        )
    ]  # fmt: skip
