"""Play every attack of the table with nothing in its way, as an ordinary user; print one JSON line a row.

``python -m vigiles.drills.world.enter -- python unguarded.py FOLDER``: the scene lies in FOLDER, the world is a network
namespace of its own. What does not succeed here proves nothing when it fails in a cell.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from scene import Scene
from table import ROWS

PROGRAMS = Path(__file__).parent / "programs"


def main() -> None:
    """Make the scene, play the rows, print results."""
    root = os.getuid() == 0
    uid, gid = (65534, 65534) if root else (os.getuid(), os.getgid())
    who = {"user": uid, "group": gid, "extra_groups": []} if root else {}
    with Scene(Path(sys.argv[1]), uid, gid) as scene:
        facts = scene.facts
        busy = threading.Thread(target=_start_processes, daemon=True)
        for row in ROWS:
            if row.unguarded is not True:
                continue
            if row.program == "process_events":
                busy.start()
            command = ["/usr/bin/python3", str(PROGRAMS / f"{row.program}.py"), "attack"]
            command += [word.format(**facts) for word in row.arguments]
            environment = {"PATH": "/usr/bin:/bin", "HOME": facts["workdir"], "PYTHONDONTWRITEBYTECODE": "1"}
            beside = _start_beside(row.beside, facts, who)
            environment |= {"http_proxy": facts["proxy"], "CLOUD_TOKEN": os.environ["CLOUD_TOKEN"]}
            done = subprocess.run(
                command, env=environment, cwd=facts["workdir"], capture_output=True, text=True, timeout=60, **who
            )  # type: ignore[call-overload]
            if beside is not None:
                beside.kill()
                beside.wait()
            lines = done.stdout.splitlines()
            said = json.loads(lines[0]) if len(lines) == 1 else {"succeeded": None, "detail": done.stdout + done.stderr}
            sys.stdout.write(json.dumps({"row": row.name, "rc": done.returncode, **said}) + "\n")
            sys.stdout.flush()


def _start_beside(words: tuple[str, ...], facts: dict[str, str], who: dict[str, Any]) -> subprocess.Popen[bytes] | None:
    """Start the honest program that an attack on another call needs."""
    if not words:
        return None
    (Path(facts["workdir"]) / "neighbour.json").unlink(missing_ok=True)
    command = ["/usr/bin/python3", str(PROGRAMS / f"{words[0]}.py"), *(word.format(**facts) for word in words[1:])]
    environment = {"PATH": "/usr/bin:/bin", "TOKEN": facts["neighbour"]}
    return subprocess.Popen(command, env=environment, cwd=facts["workdir"], **who)


def _start_processes() -> None:
    for _ in range(60):
        subprocess.run(["sleep", "0.05"], check=False)


if __name__ == "__main__":
    main()
