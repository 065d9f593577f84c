"""Which commands are a person's bash, and that what it is given does what it says, in a real bash."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess

import pytest

from vigiles.runtime.attending.interactive_shell import environment, is_interactive_bash


@pytest.mark.parametrize(
    ("line", "interactive"),
    [
        ("bash", True),
        ("/bin/bash", True),
        ("bash --norc", True),
        ("bash -i", True),
        ("bash --login --rcfile x -O extglob", True),
        ("bash -l -o vi", True),
        ("bash script.sh", False),
        ("bash -c true", False),
        ("bash -lc true", False),
        ("bash -s", False),
        ("bash -- script", False),
        ("bash --norc script", False),
        ("bash -", False),
        ("bash --version", False),
        ("sh", False),
        ("python3", False),
    ],
)
def test_a_person_s_bash(line: str, interactive: bool) -> None:
    assert is_interactive_bash(line.split()) is interactive


def played(script: str) -> str:
    """What an interactive bash says on its terminal."""
    bash = shutil.which("bash")
    assert bash is not None
    ours, theirs = pty.openpty()
    given = {"PATH": "/usr/bin:/bin", "PS1": "", "TERM": "dumb", **environment()}
    with subprocess.Popen([bash, "--norc", "-i"], stdin=subprocess.PIPE, stdout=theirs, stderr=theirs, env=given) as shell:
        os.close(theirs)
        assert shell.stdin is not None
        shell.stdin.write(script.encode())
        shell.stdin.close()
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            said += part
    os.close(ours)
    return said.decode(errors="replace").replace("\r\n", "\n")


def test_programs_run_through_another_shell_and_builtins_do_not() -> None:
    said = played(
        "X=kept\nenv | grep -c PROMPT_COMMAND\ncat /proc/$$/comm | tr a-z A-Z\necho $X\nno-such-program; echo code $?\n"
    )
    assert "\n0\n" in f"\n{said}"
    assert "BASH" in said
    assert "kept" in said
    assert "no-such-program: not found" in said
    assert "code 127" in said


def test_the_parent_of_a_program_is_not_the_person_s_shell() -> None:
    said = played("echo $$; sh -c 'echo parent $PPID'\n")
    number = next(line for line in said.splitlines() if line.isdigit())
    assert f"parent {number}" not in said
    assert "parent " in said
