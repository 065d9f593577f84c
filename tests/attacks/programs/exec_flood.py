"""Start ``programs`` (600) programs, 300 a second, so that one gets lost in the crowd. All of them run; what counts is that
each is on record, or counted in a gap.
"""

import os
import time

import say


def start(count, rate):
    began, ran = time.monotonic(), 0
    for number in range(count):
        pid = os.posix_spawn("/bin/true", ["/bin/true", f"flood-{number}"], {})
        ran += os.waitpid(pid, 0)[1] == 0
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
    return ran, time.monotonic() - began


def attack(given):
    wanted = int(given.get("programs", 600))
    ran, seconds = start(wanted, 300)
    return ran == wanted, f"{ran} programs in {seconds:.1f} s"


def twin(given):
    """A configure script's worth of programs."""
    ran, _ = start(30, 300)
    return ran == 30, f"{ran} programs"


say.main("exec_flood", attack, twin)
