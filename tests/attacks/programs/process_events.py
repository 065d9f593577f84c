"""The kernel's process connector tells every fork and exec of the host to whoever listens. Succeeds if an event arrives for
a process that is not ours (``wait`` seconds; the harness keeps starting processes meanwhile).
"""

import os
import socket
import struct
import subprocess
import time

import say

NETLINK_CONNECTOR, CN_IDX_PROC, LISTEN = 11, 1, 1


def attack(given):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR) as sock:
        sock.bind((0, CN_IDX_PROC))
        body = struct.pack("IIIIHHI", CN_IDX_PROC, 1, 0, 0, 4, 0, LISTEN)
        sock.send(struct.pack("IHHII", 16 + len(body), 3, 0, 0, os.getpid()) + body)
        until, seen = time.monotonic() + float(given.get("wait", 1)), 0
        sock.settimeout(0.2)
        while time.monotonic() < until:
            try:
                data = sock.recv(4096)
            except TimeoutError:
                continue
            what = struct.unpack_from("I", data, 36)[0] if len(data) >= 56 else 0
            if what and struct.unpack_from("I", data, 52)[0] != os.getpid():
                seen += 1
    return seen > 0, f"{seen} events of others"


def twin(given):
    """Seeing one's own processes is honest."""
    child = subprocess.Popen(["sleep", "5"])
    seen = str(child.pid) in os.listdir("/proc")
    child.kill()
    child.wait()
    return seen, f"process {child.pid}"


say.main("process_events", attack, twin)
