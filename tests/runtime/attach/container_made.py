"""A container made by hand, as root, and the programs that it is told to run; for ``container_play``."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from vigiles.kernel import cgroups

HOST, MIRROR, POOL, POOL_6 = "mirror.example", "203.0.113.30", "203.0.113.20", "2001:db8:77::1"
NEAR_MAC = "02:00:00:00:00:01"
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

    def beside(self, program: str) -> str:
        """Run a program in the container's network namespace, but not in its group."""
        command = ["nsenter", "-t", str(self.pid), "-n", sys.executable, "-ISc", program]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return (done.stdout + done.stderr[-300:]).strip()

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
        self._remove()

    def _remove(self) -> None:
        for _ in range(200):
            try:
                self.group.rmdir()
                break
            except OSError:
                time.sleep(0.02)
