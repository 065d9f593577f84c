"""A real door in its own process, between listeners on loopback; supervisor and notifier are played by this one."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from types import TracebackType

import msgspec

from vigiles.cell.authority import Authority
from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.messages import pair
from vigiles.model.coordinates import Coordinates
from vigiles.ruleset.profile import Egress

_BOOT = """
import socket, sys
from vigiles.cell import door_spawner
from vigiles.cell.listeners import Listening
start = door_spawner.load()
if sys.argv[2] == "terminates":
    door_spawner.load_termination()
s = [socket.socket(fileno=int(fd)) for fd in sys.argv[3:]]
start(bytes.fromhex(sys.argv[1]), Listening(proxy=s[0], transparent=[s[1]], dns_udp=s[2], dns_tcp=s[3], socks=s[4]), *s[5:])
"""


def listener(kind: int = socket.SOCK_STREAM) -> socket.socket:
    """Return a socket on loopback, listening if it can."""
    sock = socket.socket(socket.AF_INET, kind)
    sock.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        sock.listen(4096)
    return sock


class DoorProcess:
    """A door that lets out to ``host`` at each of ``ports``, on loopback. ``notifier`` is where connections are told."""

    def __init__(self, host: str, ports: list[int], *, authority: Authority | None = None, trust: str = "") -> None:
        where = [f"{host}:{port}" for port in ports]
        egress = Egress(mode="allow", hosts=where, pins=dict.fromkeys(where, "127.0.0.1"))
        config = DoorConfig(
            coordinates=Coordinates(run="benchmark", episode="door"), egress=egress, authority=authority,
            trust=[trust] if authority else [],
        )  # fmt: skip
        listening = [listener(), listener(), listener(socket.SOCK_DGRAM), listener(), listener()]
        self.proxy, self.transparent, *_ = (sock.getsockname()[1] for sock in listening)
        self._control, control = pair()
        self.notifier, ports_end = pair()
        given = [*listening, control, ports_end]
        packed = msgspec.msgpack.encode(config).hex()
        descriptors = [sock.fileno() for sock in given]
        words = [packed, "terminates" if authority else "passes", *map(str, descriptors)]
        self._process = subprocess.Popen([sys.executable, "-c", _BOOT, *words], pass_fds=descriptors)
        for sock in given:
            sock.close()
        # The first message says that the door serves; the others are read as a supervisor reads them, and dropped.
        self._control.recv(1 << 20)
        self._reader = threading.Thread(target=self._drop)
        self._reader.start()

    def _drop(self) -> None:
        while self._control.recv(1 << 20):
            pass

    def __enter__(self) -> DoorProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._control.shutdown(socket.SHUT_RDWR)
        self._process.wait(10)
        self._reader.join(10)
        for sock in (self._control, self.notifier):
            sock.close()
