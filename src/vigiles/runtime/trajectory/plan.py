"""From a tool use to what is performed in its place."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from vigiles.model.errors import InputInvalid
from vigiles.protocols.transcript.said import ToolUse
from vigiles.runtime.trajectory import editor

#: Tools that run a command, by their published names in lower case. A session: one shell, whose state goes on.
_SESSIONS = ("bash", "execute_bash", "terminal")
_FRESH = (
    "shell", "sh", "local_shell", "container.exec", "exec", "exec_command", "execute_command", "run_command",
    "run_shell_command", "run_terminal_cmd", "run_bash", "bash_command",
)  # fmt: skip
_COMMANDS = ("command", "cmd", "commands", "script", "bash_command", "input")
_DIRECTORIES = ("workdir", "working_directory", "cwd")


@dataclass(frozen=True)
class ToolMapping:
    """What ``--tool`` says of one tool: the ``argument`` that is its command, or that goes into ``argv`` as its input."""

    argument: str
    argv: tuple[str, ...] = ()


@dataclass(frozen=True)
class InShell:
    """Run ``command`` in a shell: one that remembers, or (``fresh``) one of its own."""

    command: str
    fresh: bool
    cwd: str | None = None


@dataclass(frozen=True)
class AsProcess:
    """Run ``argv`` with this input."""

    argv: list[str]
    stdin: bytes | None = None
    cwd: str | None = None
    #: Whether what it puts out is what the tool would have put out.
    comparable: bool = True


@dataclass(frozen=True)
class NotPerformed:
    """Nothing that could be performed; ``why`` is constant text. ``restart``: the shell that remembers forgets."""

    why: str
    restart: bool = False


Plan: TypeAlias = InShell | AsProcess | NotPerformed


@dataclass(frozen=True)
class Mappings:
    """``tools``: by exact name, as :func:`parse_mapping` gives them. ``fresh``: whether each command gets a shell of its
    own; None leaves that to the tool: what is published as a session goes on, the rest does not.
    """

    tools: Mapping[str, ToolMapping] = field(default_factory=dict)
    fresh: bool | None = None

    def plan(self, use: ToolUse) -> Plan:
        """Return what is to be done for ``use``. Never raises."""
        if use.broken:
            return NotPerformed("its arguments are no JSON object")
        own = self.tools.get(use.tool)
        if own is not None:
            return self._mapped(own, use.arguments)
        name = use.tool.rpartition("functions.")[2].lower()
        if name in _SESSIONS or name in _FRESH:
            return self._command(name in _FRESH, use.arguments)
        edit = editor.process_of(name, use.arguments)
        if edit is not None:
            return AsProcess(edit.argv, edit.stdin, comparable=edit.comparable)
        return NotPerformed("no process is known for this tool; --tool maps it")

    def _mapped(self, own: ToolMapping, arguments: dict[str, Any]) -> Plan:
        given = arguments.get(own.argument)
        if given is None:
            return NotPerformed("it lacks the argument that --tool names")
        if own.argv:
            text = given if isinstance(given, str) else json.dumps(given)
            return AsProcess(list(own.argv), text.encode("utf-8", "surrogateescape"))
        return self._given(given, fresh=True, cwd=None)

    def _command(self, fresh: bool, arguments: dict[str, Any]) -> Plan:
        cwd = next((arguments[name] for name in _DIRECTORIES if isinstance(arguments.get(name), str)), None)
        for name in _COMMANDS:
            if arguments.get(name) is not None:
                return self._given(arguments[name], fresh=fresh or cwd is not None, cwd=cwd or None)
        if arguments.get("restart"):
            return NotPerformed("a shell was begun anew", restart=True)
        return NotPerformed("it has no command")

    def _given(self, given: object, *, fresh: bool, cwd: str | None) -> Plan:
        """Return a plan for a command: text for a shell, a list of words for a process, a list of lines for a shell."""
        own = fresh if self.fresh is None or cwd is not None else self.fresh
        if isinstance(given, str):
            return InShell(given, own, cwd)
        if isinstance(given, list) and given and all(isinstance(word, str) for word in given):
            return AsProcess(list(given), cwd=cwd)
        return NotPerformed("its command is neither text nor a list of words")


def parse_mapping(text: str) -> tuple[str, ToolMapping]:
    """Return the tool and its mapping from ``NAME=ARGUMENT`` or ``NAME=ARGUMENT:COMMAND LINE``. Raises InputInvalid."""
    name, equals, rest = text.partition("=")
    argument, _, line = rest.partition(":")
    try:
        argv = tuple(shlex.split(line))
    except ValueError:
        argv, argument = (), ""
    if not equals or not name or not argument:
        raise InputInvalid(
            f"--tool {text!r} is no mapping",
            "Write --tool NAME=ARGUMENT (the argument that holds the command), or NAME=ARGUMENT:PROGRAM ARGS (its input).",
        )
    return name, ToolMapping(argument, argv)
