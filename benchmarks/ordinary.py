"""Measure start-up once more as an ordinary user, where we are root."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from shutil import which

import msgspec

import vigiles
from benchmarks.row import Row

_NOBODY = "65534"
#: The launcher starts the same interpreter again, so it must be one that this user may execute.
_NEEDED = "import subprocess, sys, vigiles.api, benchmarks.startup; subprocess.run([sys.executable, '-c', ''], check=True)"


def startup(rounds: int) -> list[Row] | str:
    """Return the rows, or why there are none."""
    if which("setpriv") is None:
        return "setpriv (package util-linux) is not installed"
    for python in dict.fromkeys((os.path.realpath(sys.executable), "/usr/bin/python3")):
        if _run([python, "-c", _NEEDED]).returncode == 0:
            break
    else:
        return "no Python of this version can be read by an ordinary user"
    found = _run([python, "-m", "benchmarks.startup", "ordinary user", str(rounds)])
    if found.returncode != 0:
        return found.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it failed"
    return msgspec.json.decode(found.stdout, type=list[Row])


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    import benchmarks

    folders = [
        *(str(Path(path).parent) for path in (benchmarks.__path__[0], vigiles.__path__[0])),
        sysconfig.get_path("purelib"),
    ]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/tmp", "PYTHONPATH": ":".join(folders)}
    user = ["setpriv", "--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups"]
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run([*user, *command], env=environment, cwd="/", capture_output=True, check=False)
