"""A person in a tmux pane: `vigiles run -- bash` is the bash they know, and each program they start is a call of its own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.observation.process import ProcessStart
from vigiles.model.result import Result

pytestmark = pytest.mark.cell


class Pane:
    """One pane of a tmux server of its own."""

    def __init__(self, folder: Path) -> None:
        self._socket = str(folder / "tmux.sock")

    def tmux(self, *words: str) -> str:
        command = ["tmux", "-S", self._socket, "-f", "/dev/null", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout

    def shown(self) -> str:
        return self.tmux("capture-pane", "-p", "-J", "-S", "-200")

    def enter(self, line: str) -> None:
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def shows(self, text: str, seconds: float = 20) -> str:
        deadline = time.monotonic() + seconds
        while text not in (now := self.shown()):
            assert time.monotonic() < deadline, f"waited for {text!r}; shown:\n{now}"
            time.sleep(0.05)
        return now

    def says(self, command: str, text: str) -> None:
        self.enter(command)
        self.shows(text)


@pytest.fixture
def pane(short_folder: object, home: Path, workdir: Path, vigiles_argv: list[str]) -> Iterator[Pane]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed; scripts/setup installs it")
    opened = Pane(home)
    run = shlex.join([*vigiles_argv, "run", "--profile", "no-network", "--", "bash", "--norc"])
    environment = {"VIGILES_HOME": str(home), "PS1": "person> ", "TERM": "screen"}
    given = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
    line = f"{run}; echo ended with $?; exec sleep 60"
    opened.tmux("new-session", "-d", "-x", "120", "-y", "40", "-c", str(workdir), *given, f"cd {workdir}; {line}")
    yield opened
    subprocess.run(["tmux", "-S", opened._socket, "kill-server"], capture_output=True, timeout=20, check=False)


def test_a_person_works_in_it(pane: Pane, home: Path, workdir: Path, processes_with: Any, wait_for: Any) -> None:
    def asleep(word: str) -> bool:
        """Whether the program with this word runs, and is not stopped."""
        for pid in processes_with(word):
            try:
                if not Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep\0"):
                    continue  # a shell on its way to it
                if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S":
                    return True
            except OSError:
                continue
        return False

    pane.shows("$ ")
    pane.says("echo $((6 * 7)) answers", "42 answers")
    pane.says("tty; stty size", "40 120")
    pane.says("X=kept; cd /usr; pwd", "/usr")
    pane.says("cd - >/dev/null; echo $X-$X", "kept-kept")
    # Editing the line, and recalling the last one.
    pane.tmux("send-keys", "-l", "echo wrog-word")
    pane.tmux("send-keys", "M-b", "M-b")
    pane.tmux("send-keys", "C-k")
    pane.tmux("send-keys", "-l", "right-$((1 + 1))")
    pane.tmux("send-keys", "Enter")
    pane.shows("right-2")
    pane.tmux("send-keys", "Up", "Enter")
    # Ctrl-C ends the program and not the shell; Ctrl-Z stops it, and fg brings it back.
    pane.shows("right-2\n", 20)
    pane.enter("sleep 41.5; echo code $?")
    wait_for(lambda: asleep("41.5"))
    pane.tmux("send-keys", "C-c")
    pane.says("echo after-$?", "after-130")
    pane.enter("sleep 42.5")
    wait_for(lambda: asleep("42.5"))
    pane.tmux("send-keys", "C-z")
    pane.shows("Stopped")
    pane.says("jobs", "sleep 42.5")
    pane.enter("fg")
    wait_for(lambda: asleep("42.5"))
    pane.tmux("send-keys", "C-c")
    pane.says("sh -c 'echo from-a-$0 >made; cat made' child", "from-a-child")
    pane.enter("exit 7")
    pane.shows("ended with 7")

    with LedgerReader(home) as reader:
        records = [record for _, record in reader.records()]
    acts = [one for one in records if isinstance(one, Act) and one.process is not None and one.coordinates is not None]
    told = [(one.process.via, " ".join(one.process.argv)) for one in acts if one.process]
    assert told[0] == ("agent", "bash --norc")
    assert {via for via, _ in told[1:]} == {"shim"}
    typed = ["tty", "stty size", "sleep 41.5", "sleep 42.5", "sh -c echo from-a-$0 >made; cat made child"]
    assert [argv.removeprefix('bash -c exec "$@" bash ') for _, argv in told[1:]] == typed
    results = {one.act: one for one in records if isinstance(one, Result)}
    assert results[acts[0].id].exit_code == 7
    sleeping = [one for one in records if isinstance(one, ProcessStart) and one.exe.endswith("/sleep")]
    assert {one.attribution.call for one in sleeping if one.attribution.grade == "exact"} == {4, 5}
    assert (workdir / "made").read_text() == "from-a-child\n"
