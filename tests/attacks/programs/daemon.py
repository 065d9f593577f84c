"""A daemon that outlives its call: double fork, new session, empty environment, beats into the file ``beat`` ten times a
second for ``seconds`` (20), then ends by itself. It may outlive the call, never the episode: the harness looks at
``beat`` on the host, and at its process, after the end. "succeeded" here says only that the daemon was started and beats.
"""

import os
import subprocess
import sys
import time

import say

BODY = """
import os, sys, time
until = time.monotonic() + float(sys.argv[2])
while time.monotonic() < until:
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()} {time.time_ns()}\\n")
    time.sleep(0.1)
"""


def attack(given):
    beat = given["beat"]
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            null = os.open("/dev/null", os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            marker = given.get("marker", "vigiles-daemon")
            os.execve(sys.executable, [sys.executable, "-c", BODY, beat, given.get("seconds", "20"), marker], {})
        os._exit(0)
    os.wait()
    until = time.monotonic() + 3
    while time.monotonic() < until and not os.path.exists(beat):
        time.sleep(0.02)
    return os.path.exists(beat), f"beats into {beat}"


def twin(given):
    """A background process that ends with its call."""
    child = subprocess.Popen([sys.executable, "-c", "print('done')"], stdout=subprocess.PIPE, text=True)
    return child.communicate(timeout=5)[0] == "done\n", "a child that ended"


say.main("daemon", attack, twin)
