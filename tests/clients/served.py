"""What the clients come for, at the allowed host: the site of the honest work, a package for npm, one for apt."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from table import JAVA, STATIC_C

sys.path.insert(0, str(Path(__file__).parent.parent / "honest"))

import mirror

from vigiles.drills.world import addresses

NAME = "small-thing"
#: Where nobody of a cell may come; who does is noted. A port that is not listed, this very machine, an address not named.
CLOSED = ((addresses.MIRROR, 8443), ("127.0.0.1", 80), ("203.0.113.40", 80), ("203.0.113.77", 80))
#: An address that the profile lists as it is.
LISTED = ("203.0.113.31", 80)
CONTROL = f"Package: {NAME}\nVersion: 1.0\nArchitecture: all\nMaintainer: A <a@example.com>\nDescription: a small thing\n"


class Noting(SimpleHTTPRequestHandler):
    """Notes who comes."""

    seen: list[str] = []

    def log_message(self, format: str, *args: object) -> None:
        self.seen.append(str(args))


def start(folder: Path, have: set[str]) -> Path:
    """Serve from a new folder; return the CA's certificate. ``have``: commands that this machine has."""
    ca = mirror.start(folder)
    site = folder / "site"
    _npm(site / "npm")
    (site / "apt").mkdir()
    if "dpkg-deb" in have:
        _apt(site / "apt", folder / "deb")
    for place in (*CLOSED, LISTED):
        kind = mirror._Quiet if place == LISTED else Noting
        server = ThreadingHTTPServer(place, functools.partial(kind, directory=str(site)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return ca


def _npm(place: Path) -> None:
    place.mkdir()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        data = json.dumps({"name": NAME, "version": "1.0.0"}).encode()
        member = tarfile.TarInfo("package/package.json")
        member.size = len(data)
        file.addfile(member, io.BytesIO(data))
    (place / f"{NAME}-1.0.0.tgz").write_bytes(packed.getvalue())
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed.getvalue()).digest()).decode()
    dist = {"tarball": f"https://{addresses.MIRROR_NAME}/npm/{NAME}-1.0.0.tgz", "integrity": integrity}
    version = {"name": NAME, "version": "1.0.0", "dist": dist}
    about = {"name": NAME, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    (place / NAME).write_text(json.dumps(about))


def _apt(place: Path, work: Path) -> None:
    (work / "DEBIAN").mkdir(parents=True)
    (work / "DEBIAN" / "control").write_text(CONTROL)
    built = place / f"{NAME}.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(work), str(built)], check=True, capture_output=True)
    data = built.read_bytes()
    about = f"{CONTROL}Filename: ./{NAME}.deb\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
    (place / "Packages").write_text(about)
    listed = f" {hashlib.sha256(about.encode()).hexdigest()} {len(about)} Packages\n"
    (place / "Release").write_text(f"Date: Sun, 22 Nov 2026 00:00:00 UTC\nSHA256:\n{listed}")


def prepare(work: Path, ca: Path, have: set[str]) -> None:
    """Build what the clients need in the work directory."""
    running = []

    def begin(*words: str) -> None:
        running.append(subprocess.Popen(words, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))

    if "cc" in have:
        (work / "fetch.c").write_text(STATIC_C)
        begin("cc", "-O1", "-static", "-o", "fetch", "fetch.c")
    if {"javac", "keytool"} <= have:
        (work / "Fetch.java").write_text(JAVA)
        begin("javac", "-J-XX:TieredStopAtLevel=1", "Fetch.java")
        begin("keytool", "-importcert", "-noprompt", "-alias", "test", "-file", str(ca), "-keystore", "trust.p12",
              "-storetype", "PKCS12", "-storepass", "changeit")  # fmt: skip
    for one in running:
        _, said = one.communicate(timeout=60)
        if one.returncode:
            raise RuntimeError(f"{one.args}: {said!r}")
