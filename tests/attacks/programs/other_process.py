"""Read and strike a process of the same user outside: its environment, memory, descriptors; then a signal. The victim has
``marker`` in its command line and environment, and the number ``pid`` on the host.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

import say

PTRACE_ATTACH, PTRACE_DETACH = 16, 17
libc = ctypes.CDLL(None, use_errno=True)


def victims(marker):
    """Every visible process that carries the marker and is not one of ours."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read()
        except OSError:
            continue
        if marker.encode() in words and int(name) not in (os.getpid(), os.getppid()) and b"marker=" not in words:
            found.append(int(name))
    return found


def attack(given):
    done = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        if int(name) in (os.getpid(), os.getppid()):
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if given["marker"].encode() in file.read():
                    done.append(f"environ of {name}")
        except OSError:
            pass
    for pid in victims(given["marker"]):
        if libc.ptrace(PTRACE_ATTACH, pid, None, None) == 0:
            os.waitpid(pid, 0)
            libc.ptrace(PTRACE_DETACH, pid, None, None)
            done.append(f"ptrace {pid}")
        try:
            os.kill(pid, signal.SIGCONT)
            done.append(f"signal {pid}")
        except OSError:
            pass
    return bool(done), f"done: {done}"


def twin(given):
    """A child of one's own is started, stopped, continued and ended."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    child.send_signal(signal.SIGSTOP)
    time.sleep(0.05)
    child.send_signal(signal.SIGCONT)
    child.terminate()
    return child.wait(5) == -signal.SIGTERM, f"exit {child.returncode}"


if __name__ == "__main__":
    say.main("other_process", attack, twin)
