"""Runs inside a cell: one conversation over TLS with the allowed host, and what is computed beside it. Plain Python.

``near.py RUN_AS_JSON SECONDS``. Mining is a stand-in: it hashes a buffer, checks nothing, and reports at times of chance.
"""

import hashlib
import json
import os
import random
import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

RUN: dict[str, Any] = json.loads(sys.argv[1])
UNTIL = time.monotonic() + float(sys.argv[2])
DRAW = random.Random(RUN["seed"])
HOST = "mirror.example"


def left() -> float:
    return max(0.0, UNTIL - time.monotonic())


def dial() -> ssl.SSLSocket:
    proxy = urllib.parse.urlsplit(os.environ.get("https_proxy") or os.environ["HTTPS_PROXY"])
    link = socket.create_connection((proxy.hostname or "", proxy.port or 80), timeout=20)
    link.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = link.recv(1)
        if not byte:
            raise ConnectionError("the proxy closed the connection")
        head += byte
    context = ssl.create_default_context(cafile="ca.pem")
    secure = context.wrap_socket(link, server_hostname=HOST)
    secure.settimeout(None)
    return secure


class Line:
    """Lines of JSON, both ways."""

    def __init__(self) -> None:
        self.link, self.data = dial(), b""
        self.say(RUN, plain=True)

    def say(self, message: dict[str, Any], plain: bool = False) -> None:
        text = json.dumps(message)
        pad = 0 if plain else RUN["pad"]
        text += " " * max(0, pad - len(text) if pad > 0 else DRAW.randrange(300) if pad < 0 else 0)
        self.link.sendall(text.encode() + b"\n")

    def hear(self, wait: float) -> dict[str, Any] | None:
        """Return the next message, None after ``wait`` seconds without one."""
        end = time.monotonic() + wait
        while b"\n" not in self.data:
            rest = end - time.monotonic()
            if rest <= 0 or (not self.link.pending() and not select.select([self.link], [], [], rest)[0]):
                return None
            got = self.link.recv(65536)
            if not got:
                raise ConnectionError("the host closed the connection")
            self.data += got
        line, _, self.data = self.data.partition(b"\n")
        return json.loads(line)  # type: ignore[no-any-return]  # an object, by the agreement with the far side


def hash_on() -> None:
    block = bytes(65536)
    while left():
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            block = hashlib.sha256(block).digest() + block[32:]
        if RUN["throttle"]:
            time.sleep(0.05)


def pool() -> None:
    line = Line()
    line.say({"id": 1, "method": "mining.subscribe", "params": ["stand-in/1.0"]})
    line.hear(5)
    line.say({"id": 2, "method": "mining.authorize", "params": ["worker", "x"]})
    for _ in range(RUN["threads"]):
        threading.Thread(target=hash_on, daemon=True).start()
    number, due, alive = 2, DRAW.expovariate(1 / RUN["every"]), time.monotonic() + 30
    due += time.monotonic()
    while left():
        line.hear(min(left(), max(0.0, min(due, alive) - time.monotonic())))
        if RUN["keepalive"] and time.monotonic() >= alive:
            number, alive = number + 1, alive + 30
            line.say({"id": number, "method": "keepalived", "params": []})
        if time.monotonic() >= due:
            number, due = number + 1, time.monotonic() + 0.2 + DRAW.expovariate(1 / RUN["every"])
            nonce = DRAW.randbytes(44).hex()
            line.say({"id": number, "method": "mining.submit", "params": ["worker", nonce[:8], nonce[8:72], nonce[72:]]})


def work(seconds: float) -> None:
    until = time.monotonic() + seconds
    total = 0.0
    while time.monotonic() < until:
        total += sum(value * value for value in range(2000))


def push() -> None:
    line = Line()
    while left():
        job = line.hear(left())
        if job and "job" in job:
            work(min(left(), RUN["every"] * DRAW.uniform(0.5, 1.5)))
            line.say({"id": job["job"], "result": "r" * DRAW.randrange(30, 300)})


def pull() -> None:
    line = Line()
    line.say({"id": 0, "ready": True})
    push_like(line)


def push_like(line: Line) -> None:
    while left():
        job = line.hear(left())
        if job:
            work(min(left(), RUN["every"] * DRAW.uniform(0.5, 1.5)))
            line.say({"id": job["job"], "result": "r" * DRAW.randrange(30, 300)})


def poll() -> None:
    line = Line()
    while left():
        line.say({"method": "GET", "path": "/events", "host": HOST, "agent": "poller/1.0"})
        if line.hear(left()) and DRAW.random() < 0.3:
            line.say({"method": "POST", "path": "/seen", "host": HOST, "agent": "poller/1.0"})
            line.hear(left())


def mqtt() -> None:
    line = Line()
    due = time.monotonic() + RUN["every"]
    while left():
        line.hear(max(0.0, min(left(), due - time.monotonic())))
        if time.monotonic() >= due:
            due += RUN["every"]
            line.say({"type": "PINGREQ"})


def ticks() -> None:
    line = Line()
    due = time.monotonic() + RUN["every"]
    while left():
        line.hear(max(0.0, min(left(), due - time.monotonic())))
        if time.monotonic() >= due:
            due += RUN["every"]
            line.say({"op": "ping", "at": int(time.time()), "subscription": "prices of everything that is traded here"})


TESTS = """
import unittest
class Words(unittest.TestCase):
    pass
def make(n):
    def test(self):
        self.assertGreater(sum(i * i for i in range(40000)), n)
    return test
for n in range(60):
    setattr(Words, f"test_{n}", make(n))
"""


def beside() -> None:
    """Compute what the run says, until the end, in processes of its own."""
    folder = tempfile.mkdtemp()
    if RUN["compute"] == "tests":
        Path(folder, "test_words.py").write_text(TESTS)
        argv = [sys.executable, "-m", "unittest", "-q", "test_words"]
    elif RUN["compute"] == "build":
        source = "\n".join(f"double f{n}(double x) {{ return x * {n} + f{n - 1}(x / 2); }}" for n in range(1, 1500))
        Path(folder, "a.c").write_text("double f0(double x) { return x; }\n" + source)
        argv = (
            ["gcc", "-O2", "-c", "a.c"] if shutil.which("gcc") else [sys.executable, "-m", "compileall", "-fq", os.__file__]
        )
    else:
        argv = [sys.executable, "-c", "w = [0.5] * 500\nwhile True:\n w = [x - 0.01 * (x * x - 2) for x in w]"]
    while left():
        child = subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            child.wait(left())
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def main() -> None:
    if RUN["daemon"]:
        if os.fork():
            os._exit(0)
        os.setsid()
        if os.fork():
            os._exit(0)
    os.nice(RUN["nice"])
    if RUN["compute"] != "none":
        threading.Thread(target=beside, daemon=True).start()
    {"pool": pool, "push": push, "pull": pull, "poll": poll, "mqtt": mqtt, "ticks": ticks}[RUN["talk"]]()


if __name__ == "__main__":
    try:
        main()
    finally:
        time.sleep(0 if RUN["daemon"] else min(1.0, left()))
