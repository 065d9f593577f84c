"""Not an attack: an agent for ``vigiles run``. ``agent.py own|shell PROGRAM WORD...`` plays a program's twin, then its
attack, as a child of its own or as a command line of a shell, where agents' tool calls run.
"""

import shlex
import subprocess
import sys


def main():
    how, program, *words = sys.argv[1:]
    for kind in ("twin", "attack"):
        command = [sys.executable, program, kind, *words]
        subprocess.run(["sh", "-c", shlex.join(command)] if how == "shell" else command, check=False)


if __name__ == "__main__":
    main()
