"""Strike process 1 of the cell: end it, read it, take its descriptors, enter its namespaces; and every other parent.

A signal that is accepted and does nothing is no success; if process 1 ended, no line would be printed at all.
"""

import os
import signal
import time

import other_process
import say


def attack(given):
    done = []
    for pid in {1, os.getppid()} - {os.getpid()}:
        for path in ("environ", "mem", "maps", "fd", "cwd", "root", "exe"):
            where = f"/proc/{pid}/{path}"
            try:
                if path == "fd":
                    found = os.listdir(where)
                elif path in ("cwd", "root", "exe"):
                    found = os.readlink(where)
                else:
                    with open(where, "rb") as file:
                        found = path if path == "mem" else file.read(64)
                if found and pid == 1:
                    done.append(where)
            except OSError:
                pass
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSTOP):
        try:
            os.kill(1, number)
        except OSError:
            pass
    time.sleep(0.1)
    with open("/proc/1/stat") as file:  # had process 1 ended, nobody would be left to read this
        state = file.read().rpartition(")")[2].split()[0]
    if state in "TtZX":
        done.append(f"process 1 is in state {state}")
    return bool(done), f"done: {done}"


say.main("cell_init", attack, other_process.twin)
