"""The scene of the attack table: what an attacker would like to reach, on a host and outside, each thing with a marker.

Run it inside a drill's network namespace (``python -m vigiles.drills.world.enter -- ...``), as root or as an ordinary user.
:class:`Scene` makes servers, sockets, a key, a victim and a keyring entry, gives the ``facts`` that the table's arguments
are formatted with, and takes everything away again.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import outside

from vigiles.drills.world import addresses
from vigiles.kernel import mounts, namespaces

_NETWORK = addresses.NETWORK[0].rsplit(".", 1)[0]
#: Where the allowed host stands, and where everybody else does; the same servers answer at both.
ADDRESS, ELSEWHERE = f"{_NETWORK}.66", f"{_NETWORK}.77"
#: How large a cell's private disk is, bytes and files.
DISK_BYTES, DISK_FILES = 160 << 20, 20_000
ALLOWED_HOST = "allowed.example"
_ADD_KEY, _KEYCTL, _SET_TIMEOUT, _USER_KEYRING = 248, 250, 15, -4
_SHARED = ("/tmp", "/var/tmp", "/dev/shm")


class Scene:
    """``uid``/``gid``: who attacks; ``folder``: an empty folder that this user may enter."""

    def __init__(self, folder: Path, uid: int, gid: int) -> None:
        self.folder, self.uid, self.gid = folder, uid, gid
        self.marker = f"marker-{secrets.token_hex(8)}"
        self.workdir = folder / "work"
        self._children: list[subprocess.Popen[bytes]] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Scene:
        self._files()
        self._servers()
        self._victims()
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.kill()
            child.wait()
        for sock in self._sockets:
            sock.close()
        for place in _SHARED:
            for path in Path(place).glob(f"*{self.marker}*"):
                path.unlink(missing_ok=True)
            for path in Path(place).glob("planted-*"):
                if path.stat().st_uid == self.uid:
                    path.unlink(missing_ok=True)

    @property
    def facts(self) -> dict[str, str]:
        """Values for the placeholders of the table's arguments."""
        home = self.folder / "home"
        return {
            "outside": ELSEWHERE,
            "allowed_address": ADDRESS,
            "echo": str(outside.ECHO),
            "dns": str(outside.DNS),
            "allowed_host": ALLOWED_HOST,
            "allowed_url": f"http://{ALLOWED_HOST}:{outside.WEB}/",
            "mirror": f"{ALLOWED_HOST}:{outside.MIRROR}",
            "proxy": f"http://{ADDRESS}:{outside.PROXY}",
            "connect_443": f"{ALLOWED_HOST}:443",
            "connect_8443": f"{ALLOWED_HOST}:{outside.SECURE}",
            "connect_8444": f"{ALLOWED_HOST}:{outside.OTHER_NAME}",
            "connect_8445": f"{ALLOWED_HOST}:{outside.TICKS}",
            "ca": str(self.workdir / "ca.pem"),
            "connect_3333": f"{ALLOWED_HOST}:{outside.POOL}",
            "ssh_host": ELSEWHERE,
            "ssh_port": str(outside.SSH),
            "ssh_user": getpass.getuser(),
            "key": str(self.workdir / "agent_key"),
            "pool": f"{ELSEWHERE}:{outside.POOL}",
            "pool_port": str(outside.POOL),
            "loopback": str(outside.GREETING),
            "marker": self.marker,
            "marker_file": f"here-{self.marker}",
            "secret": str(home / ".ssh" / "id_ed25519"),
            "home": str(home),
            "folders": ",".join((str(home), *_SHARED, "/etc", "/usr/local")),
            "sockets": f"{self.folder}/docker.sock,/tmp/host-{self.marker}.sock",
            "workdir_socket": str(self.workdir / "host.sock"),
            "late_socket": str(self.workdir / "late.sock"),
            "abstract": f"host-{self.marker}",
            "process_marker": f"victim-{self.marker}",
            "description": f"token-{self.marker}",
            "secret_environment": f"environment-{self.marker}",
            "workdir": str(self.workdir),
            "beat": str(self.workdir / "beat"),
            "daemon": f"daemon-{self.marker}",
            "neighbour": f"neighbour-{self.marker}",
            "big": f"big-{self.marker}",
            "disk_bytes": str(DISK_BYTES),
            "disk_files": str(DISK_FILES),
        }

    def arrived(self) -> str:
        """Return what reached the outside or a socket of the host so far, a line each; the web server does not count."""
        path = self.folder / "served" / "arrived"
        return path.read_text() if path.exists() else ""

    def _own(self, path: Path, mode: int) -> None:
        os.chown(path, self.uid, self.gid)
        path.chmod(mode)

    def _files(self) -> None:
        home = self.folder / "home"
        for path in (self.workdir, home, home / ".ssh", self.folder / "served"):
            path.mkdir()
            self._own(path, 0o700)
        secret = home / ".ssh" / "id_ed25519"
        secret.write_text(self.marker)
        self._own(secret, 0o600)
        for place in (home, *map(Path, _SHARED)):
            (place / f"here-{self.marker}").touch()
        git = ["git", "-c", "init.defaultBranch=main", "init", "-q", str(self.workdir)]
        subprocess.run(git, check=True, capture_output=True)
        (self.workdir / "scripts").mkdir()
        (self.workdir / "scripts" / "pre-push").write_text("#!/bin/sh\n")
        os.symlink("../../scripts/pre-push", self.workdir / ".git" / "hooks" / "pre-push")
        for path in (self.workdir / "scripts", self.workdir / "scripts" / "pre-push", *(self.workdir / ".git").rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        os.chown(self.workdir / ".git", self.uid, self.gid)

    def _servers(self) -> None:
        served = self.folder / "served"
        self._certificates(served)
        command = [sys.executable, outside.__file__, ADDRESS, str(served), self.marker]
        self._children.append(subprocess.Popen(command, stdin=subprocess.PIPE))
        self._sshd(served)
        for path in (*self.facts["sockets"].split(","), self.facts["workdir_socket"], "\0" + self.facts["abstract"]):
            self.greet(path)
        until = time.monotonic() + 10
        while not (served / "ready").exists() or not _open(outside.SSH):
            if time.monotonic() > until:
                raise TimeoutError("the outside did not come up")
            time.sleep(0.02)

    def _certificates(self, served: Path) -> None:
        """An authority and two certificates: of the allowed host, and of another name."""
        openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        signed = ["-CA", str(served / "ca.pem"), "-CAkey", str(served / "ca.key")]
        for name, host in (("ca", "authority"), ("allowed", ALLOWED_HOST), ("other", "other.example")):
            more = (
                []
                if name == "ca"
                else [*signed, "-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=CA:FALSE"]
            )
            files = ["-keyout", str(served / f"{name}.key"), "-out", str(served / f"{name}.pem")]
            command = [*openssl, "-days", "2", "-subj", f"/CN={host}", *more, *files]
            subprocess.run(command, check=True, capture_output=True)
        shutil.copy(served / "ca.pem", self.workdir / "ca.pem")
        self._own(self.workdir / "ca.pem", 0o644)

    def _sshd(self, served: Path) -> None:
        for name in ("host_key", "agent_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(served / name)], check=True)
        shutil.move(served / "agent_key", self.workdir / "agent_key")
        self._own(self.workdir / "agent_key", 0o600)
        config = served / "sshd_config"
        config.write_text(
            f"Port {outside.SSH}\nHostKey {served}/host_key\nAuthorizedKeysFile {served}/agent_key.pub\nUsePAM no\n"
            "StrictModes no\nPidFile none\nPasswordAuthentication no\nAllowTcpForwarding yes\nPermitRootLogin yes\n"
        )
        if os.getuid() == 0:  # sshd as root insists on a folder there
            namespaces.unshare(namespaces.NEWNS)
            mounts.private_tree()
            mounts.mount("tmpfs", "/run", "tmpfs", mounts.NOSUID)
            os.mkdir("/run/sshd", 0o755)
        sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin") or "sshd"
        log = (served / "sshd.log").open("wb")
        self._children.append(subprocess.Popen([sshd, "-D", "-e", "-f", str(config)], stderr=log, stdin=subprocess.DEVNULL))

    def greet(self, path: str) -> None:
        """A stream and a datagram server of the host that greet with the marker."""
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for sock, where in ((stream, path), (datagram, path + ".dgram")):
            sock.bind(where)
            if not path.startswith("\0"):
                os.chmod(where, 0o777)
                os.chown(where, self.uid, self.gid)
            self._sockets.append(sock)
        stream.listen(8)

        def greet() -> None:
            while True:
                try:
                    with stream.accept()[0] as peer:
                        self._heard(path)
                        peer.sendall(self.marker.encode())
                except OSError:
                    return

        def reply() -> None:
            while True:
                try:
                    _, sender = datagram.recvfrom(64)
                    self._heard(path)
                    datagram.sendto(self.marker.encode(), sender)
                except (FileNotFoundError, ConnectionRefusedError):
                    pass  # the sender has no address that we can reach; it was heard all the same
                except OSError:
                    return

        for serve in (greet, reply):
            threading.Thread(target=serve, daemon=True).start()

    def _heard(self, path: str) -> None:
        shown = path.replace("\0", "@")
        with (self.folder / "served" / "arrived").open("a") as file:
            file.write(f"unix {shown}\n")

    def _victims(self) -> None:
        """A process of the attacker's user outside, and a key in that user's keyring."""
        name = self.facts["process_marker"]
        code = (
            "import ctypes, os, sys, time\n"
            "libc = ctypes.CDLL(None)\n"
            f"key = libc.syscall({_ADD_KEY}, b'user', sys.argv[2].encode(), sys.argv[3].encode(), len(sys.argv[3]), "
            f"{_USER_KEYRING})\n"
            f"libc.syscall({_KEYCTL}, {_SET_TIMEOUT}, key, 120)\n"  # the kernel forgets it by itself
            "time.sleep(300)\n"
        )
        command = ["/usr/bin/python3", "-c", code, name, self.facts["description"], self.marker]
        environment = {"PATH": "/usr/bin:/bin", "TOKEN": name}
        more = {"user": self.uid, "group": self.gid, "extra_groups": []} if os.getuid() == 0 else {}
        self._children.append(subprocess.Popen(command, env=environment, **more))  # type: ignore[call-overload]
        os.environ["CLOUD_TOKEN"] = self.facts["secret_environment"]


def _open(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex((ADDRESS, port)) == 0
