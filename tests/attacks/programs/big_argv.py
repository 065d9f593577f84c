"""Hide a program behind a mebibyte of arguments. It runs; what counts is that its start is on record, with its call."""

import subprocess

import say


def attack(given):
    done = subprocess.run(["/bin/echo", given["mark"], *["x" * 100_000] * 10], capture_output=True, timeout=10)
    return done.stdout.startswith(given["mark"].encode()), f"{len(done.stdout)} bytes echoed"


def twin(given):
    """A long list of files, as a build has it."""
    done = subprocess.run(["/bin/echo", *[f"file-{number}.o" for number in range(2000)]], capture_output=True, timeout=10)
    return done.stdout.endswith(b"file-1999.o\n"), "2000 arguments"


say.main("big_argv", attack, twin)
