"""A client of the door, of another proxy, or of nobody: downloads, and small requests at a steady pace.

``python door_client.py JSON`` runs one job in a process of its own, so that all subjects pay the same, and prints its
result. Where the JSON names a descriptor (``notifier``), each connection is told to the door there, as a cell's notifier
would. Standard library only, but for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import sys
import time
from typing import Any

_READ = 1 << 18
#: A small request that takes longer has failed, seconds.
_PATIENCE_S = 5.0


class Job:
    """``way``: direct, proxy (absolute form), connect or transparent; ``through``: the port of the proxy, on loopback."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.way: str = said["way"]
        self.through: int = said["through"] or said["port"]
        self.port: int = said["port"]
        self.host: str = said["host"]
        self.size: int = said["size"]
        self.rate: int = said["rate"]
        self.seconds: float = said["seconds"]
        self.context = None
        if said["trust"]:
            self.context = ssl.create_default_context(cadata=said["trust"])
        self._notifier = socket.socket(fileno=said["notifier"]) if said["notifier"] is not None else None

    def connect(self) -> socket.socket:
        """Return a connection on which the way to the host is open."""
        sock = socket.create_connection(("127.0.0.1", self.through))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.register(sock)
        if self.way == "connect":
            sock.sendall(self.opening())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += sock.recv(1)
            if b" 200 " not in answer.partition(b"\r\n")[0]:
                raise OSError(f"the proxy said {answer[:100]!r}")
        return self.context.wrap_socket(sock, server_hostname=self.host) if self.context else sock

    def opening(self) -> bytes:
        """Return the CONNECT."""
        return f"CONNECT {self.host}:{self.port} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode()

    def request(self, path: str) -> bytes:
        """Return one GET."""
        base = f"http://{self.host}:{self.port}" if self.way == "proxy" else ""
        return f"GET {base}{path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nConnection: close\r\n\r\n".encode()

    def register(self, sock: socket.socket) -> None:
        """Tell the door whose connection this is."""
        if self._notifier is None:
            return
        import msgspec

        address, port = sock.getsockname()
        said = {
            "type": "registration", "transport": "tcp", "family": "inet", "source_address": address, "source_port": port,
            "door_port": self.through, "call": 1, "pid": 1,
        }  # fmt: skip
        if self.way == "transparent":
            said |= {"destination_host": "127.0.0.1", "destination_port": self.port}
        self._notifier.send(msgspec.msgpack.encode(said))


def download(job: Job) -> dict[str, Any]:
    """Return megabytes a second of one large body."""
    with job.connect() as sock:
        start = time.perf_counter()
        sock.sendall(job.request(f"/{job.size}"))
        buffer, got = bytearray(_READ), 0
        while size := sock.recv_into(buffer):
            got += size
        took = time.perf_counter() - start
    if got < job.size:
        raise OSError(f"{got} of {job.size} bytes came")
    return {"mb_s": job.size / took / 1e6}


async def _small(job: Job, begin: float) -> float:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(begin - loop.time())
    with socket.socket() as sock:
        sock.setblocking(False)
        async with asyncio.timeout(_PATIENCE_S):
            await loop.sock_connect(sock, ("127.0.0.1", job.through))
            job.register(sock)
            if job.way == "connect":
                await loop.sock_sendall(sock, job.opening())
                await loop.sock_recv(sock, 4096)
            reader, writer = await asyncio.open_connection(
                sock=sock.dup(), ssl=job.context, server_hostname=job.host if job.context else None
            )
            writer.write(job.request("/100"))
            answer = await reader.read()
            if b" 200 " not in answer[:20] or not answer.endswith(b"x" * 100):
                raise OSError(f"the answer was {answer[:100]!r}")
            # From when it was due, so that waiting for the one before counts.
            took = loop.time() - begin
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()
    return took


async def pace(job: Job) -> dict[str, Any]:
    """Return milliseconds that small requests took, each on a new connection, begun on time whether others ended or not.

    One that failed took as long as is waited for any.
    """
    start = asyncio.get_running_loop().time() + 0.2
    count = int(job.rate * job.seconds)
    requests = (_small(job, start + number / job.rate) for number in range(count))
    done = await asyncio.gather(*requests, return_exceptions=True)
    took = sorted(one if isinstance(one, float) else _PATIENCE_S for one in done)
    failed = sum(not isinstance(one, float) for one in done)
    return {"p50": 1000 * took[count // 2], "p99": 1000 * took[count * 99 // 100], "failed": failed}


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    result = download(Job(asked)) if asked["seconds"] == 0 else asyncio.run(pace(Job(asked)))
    print(json.dumps(result))
