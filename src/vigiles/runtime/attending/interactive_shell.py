"""A person's bash as the agent's root process: each program that they start by name is a call of its own.

What bash cannot find on PATH it gives to ``command_not_found_handle``, in the child that would have become the program, with
redirections, pipes, process group and terminal as they are to be. So bash is told to find nothing (``EXECIGNORE``), and the
handler starts a shell for the program, which inside a cell is the shim: it asks for a call. Builtins, functions and the
shell's variables stay the person's shell's own, and so is a program started by a path with a slash, unless it is a shell's
script. Completion of program names is lost. Source: bash(1), COMMAND EXECUTION and EXECIGNORE (4.4).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

#: Run once, before the first prompt, after whatever the shell reads at its start.
_ONCE = (
    "unset PROMPT_COMMAND; EXECIGNORE='*'; "
    """command_not_found_handle() { /bin/bash -c 'exec "$@"' bash "$@"; }"""
)
_FOR_NOBODY = ("-", "--", "--posix", "--help", "--version")
_WITH_A_VALUE = ("--rcfile", "--init-file", "-O", "+O", "-o", "+o")


def is_interactive_bash(argv: Sequence[str]) -> bool:
    """Say whether a command is a bash for a person: no script, no ``-c``, no ``-s``."""
    if os.path.basename(argv[0]) != "bash":
        return False
    words = iter(argv[1:])
    for word in words:
        short = word[:1] in ("-", "+") and not word.startswith("--")
        if word in _WITH_A_VALUE:
            next(words, None)
        elif word in _FOR_NOBODY or not word.startswith(("-", "+")) or (short and {"c", "s"} & set(word[1:])):
            return False
    return True


def environment() -> dict[str, str]:
    """Return what such a bash is given beside its environment."""
    return {"PROMPT_COMMAND": _ONCE}
