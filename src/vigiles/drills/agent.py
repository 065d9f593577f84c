"""What the scripted agent works with: a Python, perhaps pip, and a working directory made afresh for each episode."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import msgspec

from vigiles.drills.drill import DrillFolder, Step
from vigiles.drills.world.serve import Ready
from vigiles.model.errors import InputInvalid

SCRIPTS = ".drill"
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """``python`` is the interpreter inside the cell; ``environment`` what each call gets on top of the cell's own."""

    python: str
    has_pip: bool
    environment: dict[str, str]


def tools() -> Tools:
    """Return our own interpreter, which every cell shows. Raises :class:`InputInvalid` if a cell's user could not run it.

    As root the cell drops to another user. The folders above an installation do not matter, the cell makes its own.
    """
    closed = [path for path in (sys.prefix, sys.base_prefix, os.path.realpath(sys.executable)) if not _open_to_all(path)]
    if closed and os.geteuid() == 0:
        raise InputInvalid(f"{closed[0]} is closed to other users, and a cell's user is one", f"chmod -R o+rX {closed[0]}")
    environment = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PIP_CONFIG_FILE": os.devnull,  # the machine's own indexes and certificates are not the drill's
    }
    return Tools(python=sys.executable, has_pip=importlib.util.find_spec("pip") is not None, environment=environment)


def lacking(step: Step, have: Tools) -> str | None:
    """Return the first thing a step needs that is not there."""
    for need in step.needs:
        if need == "pip" and not have.has_pip:
            return "pip"
        if need != "pip" and shutil.which(need, path=f"{_SYSTEM_PATH}:{os.environ.get('PATH', '')}") is None:
            return need
    return None


def argv(step: Step, have: Tools, ready: Ready) -> list[str]:
    """Return the step's command with its placeholders filled in."""
    words = {"python": have.python, "scripts": SCRIPTS, "step": step.id, "user": ready.user}
    return [argument.format_map(words) for argument in step.argv]


def working_directory(folder: DrillFolder, ready: Ready, path: Path) -> None:
    """Make ``path`` the agent's repository with its scripts beside it, under git where git is installed."""
    shutil.copytree(folder.repository, path, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(folder.scripts, path / SCRIPTS, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ready.ca, path / SCRIPTS / "ca.pem")
    shutil.copyfile(ready.client_key, path / SCRIPTS / "agent_key")
    (path / ".gitignore").write_text(f"/{SCRIPTS}/\n/vendor/\n__pycache__/\n/hello\n")
    if shutil.which("git") is None:
        return
    closed = {"PATH": os.environ.get("PATH", _SYSTEM_PATH), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    author = ["-c", "user.name=Maintainer", "-c", "user.email=maintainer@example.org", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "A word counter"]):
        done = subprocess.run(
            ["git", *author, *words],
            cwd=path,
            env=closed,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        if done.returncode != 0:
            complaint = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines()[-1:]
            raise InputInvalid(
                f"git {words[0]} failed: {''.join(complaint)}", "make git work for your user, then play again"
            )


def _open_to_all(path: str) -> bool:
    return bool(os.stat(path).st_mode & stat.S_IXOTH)
