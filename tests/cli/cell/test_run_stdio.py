"""Where only some of the agent's descriptors are the person's terminal, the agent holds none of it: bytes only."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cell

LOOK = """
import os, sys
print([os.isatty(n) for n in range(3)], flush=True)
try:
    os.open("/dev/tty", os.O_RDWR)
    print("has a terminal", flush=True)
except OSError:
    pass
print("asks", file=sys.stderr, flush=True)
print("read", sys.stdin.readline().strip(), flush=True)
print("told", file=sys.stderr, flush=True)
print("rest", repr(sys.stdin.read()), flush=True)
"""


class Terminal:
    """A person's terminal, at which a command runs with some of its descriptors elsewhere."""

    def __init__(self) -> None:
        self.master, self.inner = os.openpty()
        self.before = termios.tcgetattr(self.inner)
        self.shown = b""

    def run(self, argv: list[str], elsewhere: tuple[int, ...], **options: Any) -> subprocess.Popen[bytes]:
        def own() -> None:
            os.setsid()
            fcntl.ioctl(self.inner, termios.TIOCSCTTY, 0)

        names = ("stdin", "stdout", "stderr")
        streams = {name: subprocess.PIPE if n in elsewhere else self.inner for n, name in enumerate(names)}
        self.process = subprocess.Popen(argv, preexec_fn=own, pass_fds=[self.inner], **streams, **options)
        return self.process

    def reads(self, text: bytes, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < deadline, f"waited for {text!r}; shown: {self.shown!r}"
            self.look(0.1)

    def look(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.shown += os.read(self.master, 65_536)
        return True

    def type(self, data: bytes) -> None:
        os.write(self.master, data)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    one = Terminal()
    yield one
    one.process.kill()
    one.process.wait(10)
    for stream in (one.process.stdin, one.process.stdout, one.process.stderr):
        if stream is not None:
            stream.close()
    os.close(one.master)
    os.close(one.inner)


@pytest.fixture
def at(terminal: Terminal, vigiles_argv: list[str], shared_home: Path, workdir: Path) -> Any:
    environment = {**os.environ, "VIGILES_HOME": str(shared_home)}

    def run(words: list[str], elsewhere: tuple[int, ...]) -> subprocess.Popen[bytes]:
        return terminal.run([*vigiles_argv, "run", "--quiet", "--", *words], elsewhere, env=environment, cwd=workdir)

    return run


def test_output_into_a_pipe_leaves_no_terminal_to_the_agent(terminal: Terminal, at: Any, script: Any) -> None:
    process = at(script(LOOK), (1,))
    terminal.reads(b"asks")
    terminal.type(b"one line\n")
    terminal.reads(b"told")
    terminal.type(b"more\n\x04")
    said = process.stdout.read()
    assert said.decode().splitlines() == ["[False, False, False]", "read one line", "rest 'more\\n'"]
    assert process.wait(10) == 0
    assert termios.tcgetattr(terminal.inner) == terminal.before


def test_input_from_a_pipe_leaves_no_terminal_to_the_agent(terminal: Terminal, at: Any, script: Any) -> None:
    process = at(script(LOOK), (0,))
    process.stdin.write(b"one line\nmore\n")
    process.stdin.close()
    process.wait(15)
    terminal.reads(b"rest")
    assert b"[False, False, False]" in terminal.shown
    assert b"has a terminal" not in terminal.shown
    order = [terminal.shown.index(word) for word in (b"asks", b"read one line", b"told", b"rest")]
    assert order == sorted(order), "as written, though in part by standard error"
    assert termios.tcgetattr(terminal.inner) == terminal.before


def test_only_standard_error_at_the_terminal(terminal: Terminal, at: Any, script: Any) -> None:
    process = at(script(LOOK), (0, 1))
    process.stdin.write(b"line\n")
    process.stdin.close()
    assert b"[False, False, False]" in process.stdout.read()
    assert process.wait(10) == 0
    terminal.reads(b"told")


def test_everything_is_shown_before_the_end(terminal: Terminal, at: Any) -> None:
    process = at([sys.executable, "-ISc", "import sys; sys.stdout.write('x' * 300000 + 'last')"], (0,))
    while process.poll() is None:
        terminal.look(0.05)
    terminal.reads(b"last")
    assert terminal.shown.count(b"x") == 300_000


def test_a_writer_in_the_background_does_not_hold_the_end(terminal: Terminal, at: Any) -> None:
    process = at(["sh", "-c", "yes & echo begun; exit 4"], (0,))
    deadline = time.monotonic() + 15
    while process.poll() is None:
        terminal.look(0.05)
        assert time.monotonic() < deadline
    assert process.returncode == 4
    assert b"begun" in terminal.shown


def test_a_terminal_that_stands_still_does_not_hold_the_supervisor(
    terminal: Terminal, at: Any, shared_home: Path, wait_for: Any
) -> None:
    from vigiles.runtime.serving import control

    process = at(["yes"], (0,))
    terminal.reads(b"y\r\n")
    time.sleep(0.5)  # nobody reads the terminal: it is full by now
    (run,) = control.live(shared_home)
    started = time.monotonic()
    assert control.stop(shared_home, run)
    assert time.monotonic() - started < 1
    while process.poll() is None:
        terminal.look(0.05)


def test_ctrl_c_is_a_signal_to_the_agent(terminal: Terminal, at: Any, script: Any) -> None:
    text = (
        "import time\ntry:\n    print('ready', flush=True)\n    time.sleep(30)\n"
        "except KeyboardInterrupt:\n    raise SystemExit(42)\n"
    )
    process = at(script(text), (1,))
    assert process.stdout.readline() == b"ready\n"
    terminal.type(b"\x03")
    assert process.wait(10) == 42
