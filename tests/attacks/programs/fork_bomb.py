"""Start ``forks`` (1500) processes at once, each only sleeping; stops by itself and ends every one of them."""

import multiprocessing
import os
import signal
import time

import say


def square(number):
    return number * number


def attack(given):
    wanted, children, error = int(given.get("forks", 1500)), [], "none"
    try:
        while len(children) < wanted:
            pid = os.fork()
            if pid == 0:
                try:
                    signal.alarm(30)
                    time.sleep(30)
                finally:
                    os._exit(0)
            children.append(pid)
    except OSError as refused:
        error = str(refused)
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        for pid in children:
            os.waitpid(pid, 0)
    return len(children) >= wanted, f"{len(children)} processes, {error}"


def twin(given):
    """A pool of four workers."""
    with multiprocessing.get_context("fork").Pool(4) as pool:
        return pool.map(square, range(8))[-1] == 49, "pool of 4"


say.main("fork_bomb", attack, twin)
