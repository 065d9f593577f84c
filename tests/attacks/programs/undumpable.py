"""Close one's own /proc from the watchers: not dumpable by prctl, and by a program that nobody may read. Then connect out.

The watchers must still know whose connect it is; nothing may come back.
"""

import ctypes
import os
import shutil
import socket
import subprocess
import sys

import say
import twins

PR_SET_DUMPABLE = 4
libc = ctypes.CDLL(None)


def out(given):
    try:
        with socket.create_connection((given["outside"], int(given["echo"])), timeout=3) as sock:
            return say.exchange(sock, b"token-undumpable") == b"token-undumpable"
    except OSError:
        return False


def attack(given):
    done = []
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if out(given):
        done.append("not dumpable")
    unreadable = os.path.join(given["workdir"], "unreadable")
    shutil.copyfile(os.path.realpath(sys.executable), unreadable)
    os.chmod(unreadable, 0o111)
    code = (
        f"import socket; s = socket.create_connection(({given['outside']!r}, {given['echo']}), 3); s.send(b'x'); s.recv(1)"
    )
    if subprocess.run([unreadable, "-c", code], stderr=subprocess.DEVNULL, timeout=10).returncode == 0:
        done.append("program that nobody may read")
    return bool(done), f"done: {done}"


def twin(given):
    """A key agent closes itself too, and may still use the network."""
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    return twins.fetch_allowed(given)


say.main("undumpable", attack, twin)
