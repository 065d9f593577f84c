"""`vigiles run` at a terminal: the agent has one of its own, of the same size, and the person's keys mean what they mean."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cell


class Person:
    """Somebody at a terminal of their own at which the command line runs."""

    def __init__(self, argv: list[str], stderr: Any = None, **options: Any) -> None:
        self.master, self.terminal = os.openpty()
        self.resize(37, 91)
        self.before = termios.tcgetattr(self.terminal)
        self.shown = b""
        self.process = subprocess.Popen(
            argv,
            stdin=self.terminal,
            stdout=self.terminal,
            stderr=stderr or self.terminal,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            **options,
        )

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def reads(self, text: str, seconds: float = 15) -> str:
        """Wait until ``text`` is shown; return everything up to it, and forget that."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self.shown:
            self._more(deadline, f"waited for {text!r}")
        before, found, self.shown = self.shown.partition(text.encode())
        return (before + found).decode("utf-8", "replace")

    def ends(self, seconds: float = 15) -> int:
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            if select.select([self.master], [], [], 0.05)[0]:
                self.shown += os.read(self.master, 65_536)
            assert time.monotonic() < deadline, f"does not end; shown: {self.shown!r}"
        while select.select([self.master], [], [], 0.05)[0]:
            self.shown += os.read(self.master, 65_536)
        return self.process.returncode

    def _more(self, deadline: float, why: str) -> None:
        if select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))[0]:
            self.shown += os.read(self.master, 65_536)
        assert time.monotonic() < deadline, f"{why}; shown: {self.shown!r}"

    def leave(self) -> None:
        self.process.kill()
        self.process.wait(10)
        os.close(self.master)
        os.close(self.terminal)


@pytest.fixture
def person(vigiles_argv: list[str], shared_home: Path, workdir: Path) -> Iterator[Callable[..., Person]]:
    people: list[Person] = []
    environment = {**os.environ, "VIGILES_HOME": str(shared_home), "TERM": "xterm", "PS1": "$ "}

    def sit(*words: str, stderr: Any = None) -> Person:
        argv = [*vigiles_argv, "run", "--quiet", "--", *words]
        people.append(Person(argv, stderr, env=environment, cwd=workdir))
        return people[-1]

    yield sit
    for one in people:
        one.leave()


def test_the_agent_has_a_terminal_of_its_own_and_of_the_same_size(person: Any) -> None:
    look = "import os, sys; print([os.isatty(n) for n in range(3)], os.ttyname(0), *os.get_terminal_size(), flush=True)"
    at = person(sys.executable, "-ISc", look)
    shown = at.reads("91 37")
    assert "[True, True, True] /dev/pts/0 " in shown
    assert os.ttyname(at.terminal) != "/dev/pts/0" or "/dev/pts/0" in shown
    assert at.ends() == 0


def test_errors_into_a_file_go_there_and_the_rest_to_the_terminal(person: Any, tmp_path: Path) -> None:
    say = "import os, sys; print([os.isatty(n) for n in range(3)], flush=True); print('to the file', file=sys.stderr)"
    with (tmp_path / "errors").open("wb") as errors:
        at = person(sys.executable, "-ISc", say, stderr=errors)
        assert "[True, True, False]" in at.reads("False]")
        assert at.ends() == 0
    assert b"to the file" not in at.shown
    assert (tmp_path / "errors").read_text() == "to the file\n"


def test_a_new_size_is_passed_on(person: Any, script: Any) -> None:
    watch = (
        "import os, signal, time\n"
        "say = lambda *_: os.write(1, 'now {} {}\\n'.format(*os.get_terminal_size()).encode())  # two may come at once\n"
        "signal.signal(signal.SIGWINCH, say)\n"
        "print('ready', flush=True)\n"
        "for _ in range(100): time.sleep(0.1)\n"
    )
    at = person(*script(watch))
    at.reads("ready")
    at.resize(50, 132)
    at.process.send_signal(signal.SIGWINCH)
    at.reads("now 132 50")


def test_what_is_typed_is_read_and_echoed_by_the_agents_terminal(person: Any) -> None:
    at = person(sys.executable, "-ISc", "print('got', input('name? ').upper(), flush=True)")
    at.reads("name? ")
    at.type("vigiles\r")
    assert "vigiles" in at.reads("got VIGILES")
    assert at.ends() == 0


def test_an_end_of_file_is_typed_as_anywhere(person: Any) -> None:
    at = person(sys.executable, "-ISc", "import sys; print('ready', flush=True); print(len(sys.stdin.read()), 'read')")
    at.reads("ready")
    at.type("abc\r")
    at.type("\x04")
    at.reads("4 read")
    assert at.ends() == 0


def test_an_interrupt_is_the_agents(person: Any) -> None:
    listen = (
        # One long sleep could begin in the moment after its process looked for signals, and would miss this one.
        "import time\ntry:\n    print('ready', flush=True)\n    for _ in range(300): time.sleep(0.1)\n"
        "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n    raise SystemExit(42)\n"
    )
    at = person(sys.executable, "-ISc", listen)
    at.reads("ready")
    at.type("\x03")
    at.reads("interrupted")
    assert at.ends() == 42


def test_jobs_are_stopped_and_continued(
    person: Any, processes_with: Callable[[str], list[int]], wait_for: Callable[..., None]
) -> None:
    at = person("bash", "--norc", "-i")
    at.reads("$ ")
    at.type("sleep 79.25; echo code $?\r")
    wait_for(lambda: processes_with("79.25"), 20)
    time.sleep(0.3)
    at.type("\x1a")
    at.reads("Stopped")
    at.type("jobs; echo job-is-$((40+2))\r")
    at.reads("job-is-42")
    at.type("fg\r")
    at.reads("sleep 79.25")
    time.sleep(0.3)
    at.type("\x03")
    wait_for(lambda: not processes_with("79.25"), 20)
    at.type("echo after $((1+1)); exit 5\r")
    at.reads("after 2")
    assert at.ends() == 5


def test_a_shell_that_the_agent_starts_shares_its_terminal(person: Any, script: Any) -> None:
    at = person(
        *script(
            "import subprocess\n"
            "command = 'test -t 0 && read x && echo got $x; exit 3'\n"
            "print('code', subprocess.run(command, shell=True).returncode)\n"
        )
    )
    at.type("line\r")  # long before anybody reads it
    at.reads("got line")
    at.reads("code 3")
    assert at.ends() == 0


def test_an_interrupt_reaches_the_shell_that_the_agent_started(person: Any, script: Any) -> None:
    text = (
        "import signal, subprocess\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('code', subprocess.run(['bash', '-c', 'trap \"exit 9\" INT; echo ready; sleep 30']).returncode, flush=True)\n"
    )
    at = person(*script(text))
    at.reads("ready")
    time.sleep(0.3)
    at.type("\x03")
    at.reads("code 9")
    assert at.ends() == 0


@pytest.mark.parametrize(("command", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)])
def test_the_exit_code_passes_and_the_terminal_is_as_before(person: Any, command: str, code: int) -> None:
    at = person("bash", "-c", f"echo shown; {command}")
    at.reads("shown")
    assert at.ends() == code
    assert termios.tcgetattr(at.terminal) == at.before


def test_everything_the_agent_wrote_is_shown(person: Any) -> None:
    at = person(sys.executable, "-ISc", "print('x' * 300000 + 'last')")
    at.reads("last", 20)
    assert at.ends() == 0
