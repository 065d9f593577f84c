"""The command line as a person has it: its own process, a home that the module shares, a fresh work directory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MAIN = "import sys; from vigiles.cli.main import main; sys.argv[0] = 'vigiles'; main()"


@pytest.fixture(scope="module")
def shared_home(short_folder: Callable[[str], Path]) -> Path:
    return short_folder("h")


@pytest.fixture(scope="session")
def vigiles_argv() -> list[str]:
    """The words that start the command line; -P as an installed script would have it."""
    return [sys.executable, "-P", "-c", MAIN]


@pytest.fixture
def vigiles(vigiles_argv: list[str], shared_home: Path, workdir: Path) -> Callable[..., Any]:
    """Run the command line in the work directory on the module's home; return what it said and its code."""

    def run(*words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
        options: dict[str, Any] = {"cwd": workdir, "timeout": 40, "stdin": subprocess.DEVNULL, **more}
        if "input" in options:
            del options["stdin"]
        environment = {**os.environ, "VIGILES_HOME": str(shared_home), **options.pop("env", {})}
        return subprocess.run([*vigiles_argv, *words], capture_output=True, check=False, env=environment, **options)

    return run


@pytest.fixture
def start(vigiles_argv: list[str], shared_home: Path, workdir: Path) -> Any:
    """Start the command line in the background; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, **more: Any) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "VIGILES_HOME": str(shared_home), **more.pop("env", {})}
        process = subprocess.Popen([*vigiles_argv, *words], env=environment, **{"cwd": workdir, **pipes, **more})
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait(10)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def script(workdir: Path) -> Callable[..., list[str]]:
    """Write a Python program into the work directory; return the argv that runs it in a cell."""

    def write(text: str, name: str = "agent.py") -> list[str]:
        (workdir / name).write_text(text)
        return [sys.executable, "-IS", name]

    return write
