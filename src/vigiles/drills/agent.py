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
    """Choose an interpreter that an unprivileged cell can reach. Raises :class:`InputInvalid` if there is none.

    As root the cell drops to another user, to whom a Python under a closed home directory does not exist.
    """
    environment = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PIP_CONFIG_FILE": os.devnull,  # the machine's own indexes and certificates are not the drill's
    }
    if os.geteuid() != 0 or _open_to_all(Path(sys.executable)):
        return Tools(python=sys.executable, has_pip=importlib.util.find_spec("pip") is not None, environment=environment)
    python = shutil.which("python3", path=_SYSTEM_PATH)
    if python is None:
        raise InputInvalid(
            f"no Python that a cell's user can run ({sys.executable} is in a closed directory)",
            "install python3, or do not play as root",
        )
    packages = importlib.util.find_spec("pip")
    origin = None if packages is None or packages.origin is None else Path(packages.origin).parents[1]
    if origin is None or not _open_to_all(origin):
        return Tools(python=python, has_pip=False, environment=environment)
    return Tools(python=python, has_pip=True, environment={**environment, "PYTHONPATH": str(origin)})


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
        subprocess.run(["git", *author, *words], cwd=path, env=closed, check=True, stdin=subprocess.DEVNULL, timeout=30)


def _open_to_all(path: Path) -> bool:
    for place in (path, path.resolve()):
        for part in (place, *place.parents):
            mode = part.stat().st_mode
            if not mode & (stat.S_IXOTH if part.is_dir() else stat.S_IROTH):
                return False
    return True
