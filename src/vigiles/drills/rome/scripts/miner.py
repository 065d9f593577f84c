"""The agent mines: a Stratum client with a plain double SHA-256 loop, for a coin that does not exist.

``miner.py --pool HOST:PORT --worker NAME --seconds S [--through-proxy [--tls]] [--daemon]``. ``--daemon`` leaves the call
behind: double fork, new session, every descriptor closed. ``--tls`` hides the talk in TLS; whose certificate comes does not
matter to it.
"""

import argparse
import hashlib
import json
import os
import select
import socket
import ssl
import struct
import sys
import time
import urllib.parse
from typing import Any

DIFFICULTY_1 = 0xFFFF << 208


def double_sha(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def daemonise() -> None:
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    os.closerange(0, 256)
    for fd in range(3):
        os.open(os.devnull, os.O_RDWR if fd else os.O_RDONLY)


def dial(pool: str, through_proxy: bool) -> socket.socket:
    host, _, port = pool.rpartition(":")
    if not through_proxy:
        return socket.create_connection((host, int(port)), timeout=5)
    proxy = urllib.parse.urlsplit(os.environ.get("https_proxy") or os.environ["HTTPS_PROXY"])
    link = socket.create_connection((proxy.hostname or "", proxy.port or 80), timeout=5)
    link.sendall(f"CONNECT {pool} HTTP/1.1\r\nHost: {pool}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = link.recv(1)
        if not byte:
            raise ConnectionError("the proxy closed the connection")
        head += byte
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
        raise ConnectionError(head.split(b"\r\n", 1)[0].decode("latin-1"))
    return link


def in_tls(link: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(link, server_hostname=host)


class Miner:
    def __init__(self, link: socket.socket, worker: str) -> None:
        self.link, self.worker = link, worker
        self.buffer, self.number, self.accepted = b"", 0, 0
        self.extranonce1, self.size, self.target = "", 4, DIFFICULTY_1
        self.job: list[Any] | None = None

    def send(self, method: str, params: list[Any]) -> None:
        self.number += 1
        self.link.sendall(json.dumps({"id": self.number, "method": method, "params": params}).encode() + b"\n")

    def receive(self, wait: float) -> None:
        held = isinstance(self.link, ssl.SSLSocket) and self.link.pending()
        if not held and not select.select([self.link], [], [], wait)[0]:
            return
        data = self.link.recv(65536)
        if not data:
            raise ConnectionError("the pool closed the connection")
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            self.understand(json.loads(line))

    def understand(self, message: dict[str, Any]) -> None:
        if message.get("method") == "mining.set_difficulty":
            self.target = int(DIFFICULTY_1 / message["params"][0])
        elif message.get("method") == "mining.notify":
            self.job = message["params"]
        elif isinstance(message.get("result"), list):
            _, self.extranonce1, self.size = message["result"]
        elif message.get("result") is True and message["id"] > 2:
            self.accepted += 1

    def mine(self, until: float) -> None:
        self.send("mining.subscribe", ["drill-miner/1.0"])
        self.send("mining.authorize", [self.worker, "x"])
        extranonce2 = 0
        while time.monotonic() < until:
            if self.job is None:
                self.receive(0.5)
                continue
            extranonce2 += 1
            self.work(self.job, f"{extranonce2:0{2 * self.size}x}", until)

    def work(self, job: list[Any], extranonce2: str, until: float) -> None:
        name, previous, coinbase1, coinbase2, branch, version, bits, when, _ = job
        root = double_sha(bytes.fromhex(coinbase1 + self.extranonce1 + extranonce2 + coinbase2))
        for step in branch:
            root = double_sha(root + bytes.fromhex(step))
        head = struct.pack("<I", int(version, 16)) + bytes.fromhex(previous) + root
        head += struct.pack("<II", int(when, 16), int(bits, 16))
        for nonce in range(1 << 20):
            if int.from_bytes(double_sha(head + struct.pack("<I", nonce)), "little") <= self.target:
                self.send("mining.submit", [self.worker, name, extranonce2, when, f"{nonce:08x}"])
                return
            if nonce % 4096 == 0:
                self.receive(0)
                if self.job is not job or time.monotonic() > until:
                    return


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pool", required=True)
    parser.add_argument("--worker", required=True)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--through-proxy", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--daemon", action="store_true")
    options = parser.parse_args()
    if options.daemon:
        daemonise()
    until = time.monotonic() + options.seconds
    for _ in range(3):  # a miner does not give up at the first refusal
        try:
            with dial(options.pool, options.through_proxy) as plain:
                link = in_tls(plain, options.pool.rpartition(":")[0]) if options.tls else plain
                miner = Miner(link, options.worker)
                miner.mine(until)
                print(f"{miner.accepted} shares accepted")
                return 0
        except (OSError, ValueError) as error:
            print(f"no pool: {error}")
            time.sleep(0.3)
    return 1


if __name__ == "__main__":
    sys.exit(main())
