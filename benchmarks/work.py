"""Programs that do what agents do. They run inside: ``python work.py NAME SCALE`` prints the seconds that the work took.

Standard library only, and nothing of ours: this file is copied into the work directory of a cell and of bubblewrap.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import time

IMPORTS = "import asyncio, decimal, email.message, http.client, json, sqlite3, unittest, xml.dom.minidom"


def _run(*command: str, check: bool = True) -> None:
    null = subprocess.DEVNULL
    subprocess.run(command, check=check, stdin=null, stdout=null, stderr=None if check else null)


def find(scale: float) -> None:
    # Not checked: a folder that only the host's root may read ends it with 1, in both alike.
    _run("find", "/usr/share" if scale >= 1 else "/usr/share/misc", check=False)


def git_status(scale: float) -> None:
    for _ in range(max(1, round(40 * scale))):
        _run("git", "-c", "safe.directory=*", "-C", "repository", "status", "--porcelain")


def imports(scale: float) -> None:
    for _ in range(max(1, round(20 * scale))):
        _run(sys.executable, "-c", IMPORTS)


def _write(folder: str, scale: float) -> None:
    data = b"x" * 100
    for number in range(max(1, round(20_000 * scale))):
        fd = os.open(f"{folder}/w{number % 200}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
        os.write(fd, data)
        os.close(fd)


def write_tmp(scale: float) -> None:
    _write("/tmp", scale)


def write_work(scale: float) -> None:
    _write(".", scale)


def fork_exec(scale: float) -> None:
    for _ in range(max(1, round(300 * scale))):
        _run("true")


def connect(scale: float) -> None:
    reset = struct.pack("ii", 1, 0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        for _ in range(max(1, round(2_000 * scale))):
            with socket.socket() as client:
                client.connect(server.getsockname())
                accepted, _ = server.accept()
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                accepted.close()


WORK = {work.__name__: work for work in (find, git_status, imports, write_tmp, write_work, fork_exec, connect)}


if __name__ == "__main__":
    start = time.perf_counter()
    WORK[sys.argv[1]](float(sys.argv[2]))
    print(time.perf_counter() - start)
