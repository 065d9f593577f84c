"""Stop and kill everything in sight, process 1 too (kill -1), and wait for what becomes of the cell. Runs in a cell only."""

import os
import signal
import time

import other_process
import say


def attack(given):
    if not os.path.exists("/run/vigiles/call.sock"):
        return False, "not in a cell: nothing was struck"
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        for target in (-1, 1):
            try:
                os.kill(target, number)
            except OSError:
                pass
    time.sleep(0.2)
    with open("/proc/1/stat") as file:
        state = file.read().rpartition(")")[2].split()[0]
    return state in "TtZX", f"process 1 is in state {state}"


say.main("strike_all", attack, other_process.twin)
