"""What a command says when it fails: a line and a remedy on standard error, and under ``--json`` one object as well.

The object stands where the command's own JSON would have stood: on standard output, but for ``vigiles run`` and ``exec`` on
standard error, since their standard output is the agent's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TextIO

import click

from vigiles.model import errors
from vigiles.model.errors import VigilesError

INTERRUPTED = 130
_LONGEST = 4000


class Stopped(KeyboardInterrupt):
    """A signal ended the command; ``exit_code`` is a shell's 128 + its number."""

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code


def code_of(interruption: BaseException) -> int:
    """Return the exit code of an interruption, as it came or as click gives it on."""
    stopped = interruption.__cause__ if isinstance(interruption, click.Abort) else interruption
    return stopped.exit_code if isinstance(stopped, Stopped) else INTERRUPTED


def say(what: str, remedy: str = "") -> None:
    """Say on standard error what happened, and what to do about it, a line each; what others wrote in it cannot act."""
    from vigiles.render.text import safe

    sys.stderr.write(f"vigiles: {safe(what, _LONGEST)}\n")
    if remedy:
        sys.stderr.write(f"  what to do: {safe(remedy, _LONGEST)}\n")


def as_json(kind: str, message: str, remedy: str, exit_code: int) -> str:
    """Return the object of a failure, one line of ASCII: agent text in it cannot reach a terminal."""
    return json.dumps({"error": {"type": kind, "message": message, "remedy": remedy, "exit_code": exit_code}})


def kind_of(error: VigilesError) -> str:
    """Return the public name of an error: that of the class in :mod:`vigiles.model.errors` that it is a kind of."""
    names: list[str] = [kind.__name__ for kind in type(error).__mro__ if vars(errors).get(kind.__name__) is kind]
    return names[0]


def json_goes_to(root: click.Group, words: Sequence[str]) -> TextIO | None:
    """Return the stream on which ``words``, a command line, want an object; None: no ``--json`` was asked for.

    It is looked for in the words themselves, since what click could not parse it does not tell. Words that belong to
    ``vigiles run``'s command, or are another option's value, are none of ours.
    """
    command: click.Command | None = root
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        word = rest.pop(0)
        command = None if word.startswith("-") else command.get_command(click.Context(command), word)
    if command is None or isinstance(command, click.Group):
        return sys.stdout if "--json" in words else None
    takes_value = {
        name for option in command.params if isinstance(option, click.Option) and not option.is_flag for name in option.opts
    }
    mixed = command.context_settings.get("allow_interspersed_args", command.allow_interspersed_args)
    while rest and rest[0] != "--":
        word = rest.pop(0)
        if word == "--json":
            return sys.stderr if command.name in ("run", "exec") else sys.stdout
        if word in takes_value and rest:
            rest.pop(0)
        elif not word.startswith("-") and not mixed:
            break
    return None
