"""Strike process 1 of the cell: end it, read it, take its descriptors, enter its namespaces; and every other parent."""

import os
import signal

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
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGINT):
        try:
            os.kill(1, number)
            done.append(f"signal {number.name} accepted")
        except OSError:
            pass
    return bool(done), f"done: {done}"


say.main("cell_init", attack, other_process.twin)
