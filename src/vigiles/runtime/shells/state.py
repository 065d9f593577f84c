"""What a persistent shell carries from one command to the next, as the supervisor holds it: bytes, never evaluated here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

#: What is told apart by kind and name.
Entry = Literal["variable", "function", "alias", "trap", "option", "shopt", "umask", "directory"]
#: What a shell cannot hand on; ``locals``: it left from inside a function, whose own variables stood before the shell's.
Lost = Literal["jobs", "descriptors", "limits", "directory", "locals"]

#: Ours at the end of the trap on EXIT, behind the command's own: write the state down. No part of a state.
AT_EXIT = b'{ __vigiles_exiting=1; builtin eval "$__vigiles"; } >/dev/null 2>&1'

_NAMED: dict[bytes, Entry] = {
    b"variable": "variable",
    b"function": "function",
    b"alias": "alias",
    b"trap": "trap",
    b"umask": "umask",
    b"directory": "directory",
}
_LOST: dict[bytes, Lost] = {
    b"jobs": "jobs",
    b"descriptors": "descriptors",
    b"directory": "directory",
    b"locals": "locals",
}
_OPTIONS: dict[bytes, Entry] = {b"set": "option", b"shopt": "shopt"}
_OPTION = re.compile(rb"[a-z_0-9-]+")
_VARIABLE = re.compile(rb"[A-Za-z_][A-Za-z_0-9]*")
_LOCAL = re.compile(rb"^declare -\S+ ([A-Za-z_][A-Za-z_0-9]*)(?:=|$)", re.MULTILINE)
_TRAP = re.compile(rb"[A-Z0-9+-]+")
_UMASK = re.compile(rb"[0-7]{1,4}\n?")
_VALUE = rb"""(?:"(?:[^"\\`$]++|\\.)*+"|\$'(?:[^'\\]++|\\.)*+')"""
_KEY = rb"""(?:[^][\s"'`$\\;&|<>()]++|""" + _VALUE + rb")"
#: What ``declare -p`` and ``trap -p`` print: words that are data, with no room for a command beside them.
_DECLARED = re.compile(
    rb"declare -([-a-zA-Z]+) ([A-Za-z_][A-Za-z_0-9]*)(?:=("
    + _VALUE
    + rb"|\((?:\["
    + _KEY
    + rb"\]="
    + _VALUE
    + rb" ?)*\)))?\n",
    re.DOTALL,
)
#: Of an array that is no associative one bash evaluates each key as arithmetic, in which a command may stand.
_COUNTED = re.compile(rb"\((?:\[\d+\]=" + _VALUE + rb" ?)*\)", re.DOTALL)
#: Values that are run when they are read: of an integer, or what a nameref stands for.
_NUMBERS = re.compile(rb"\((?:\[" + _KEY + rb"\]=\"-?\d*\" ?)*\)|\"-?\d*\"", re.DOTALL)
_NAME = re.compile(rb'"[A-Za-z_][A-Za-z_0-9]*"')
_TRAPPED = re.compile(rb"trap -- '(?:[^']++|'\\'')*+' [A-Z0-9+-]+\n")


class StateBroken(ValueError):
    """The bytes are not a shell's state."""


class StateMissing(StateBroken):
    """The shell began, and never told a state."""


@dataclass(frozen=True)
class ShellState:
    """One shell's state: bash's own spelling of each thing, by kind and name, and what it said was lost."""

    entries: dict[tuple[Entry, bytes], bytes] = field(default_factory=dict)
    flags: tuple[tuple[bytes, bytes], ...] = ()
    arguments: tuple[bytes, ...] = ()
    directories: tuple[bytes, ...] = ()
    lost: tuple[Lost, ...] = ()

    def text(self, kind: Entry, name: bytes = b"") -> bytes:
        """Return one thing's text, empty if there is none."""
        return self.entries.get((kind, name), b"")

    def of(self, kind: Entry) -> list[tuple[bytes, bytes]]:
        """Return names and texts of one kind, in the order in which the shell gave them."""
        return [(name, text) for (its, name), text in self.entries.items() if its == kind]


def parse(data: bytes, *, first: bool, last: ShellState | None) -> tuple[ShellState, ShellState]:
    """Return the state before and after the command. Before the ``first`` one the shell tells it; else it is ``last``.

    Raises :class:`StateMissing` if the shell told nothing, and :class:`StateBroken` for anything else that is not a whole
    state of the expected shape.
    """
    fields = data.split(b"\0")
    if fields.pop() != b"" or len(fields) % 3:
        raise StateBroken("it breaks off")
    sections: list[_Section] = [_Section()]
    for at in range(0, len(fields), 3):
        kind, name, text = fields[at : at + 3]
        if kind == b"end":
            sections.append(_Section())
        else:
            sections[-1].add(kind, name, text)
    rest, wanted = sections.pop(), 2 if first else 1
    if len(sections) == wanted - 1 and rest.untold:
        raise StateMissing("nothing came")
    if not rest.empty or len(sections) != wanted:
        raise StateBroken("it has no end, or goes on behind it")
    after = sections[-1]
    limits = [text for section in sections for text in section.limits]
    if limits and limits[0] != limits[-1]:
        after.lost["limits"] = None
    before = sections[0].state(None) if first else last
    assert before is not None
    return before, after.state(before)


def is_code(text: bytes) -> bool:
    """Say whether a variable, as ``declare -p`` prints it, is run where it is only read.

    An integer whose value is no number, which bash evaluates, and a nameref to more than a name, whose key it evaluates.
    """
    declared = _DECLARED.fullmatch(text)
    if declared is None or not declared[3]:
        return False
    if b"i" in declared[1]:
        return not _NUMBERS.fullmatch(declared[3])
    return b"n" in declared[1] and not _NAME.fullmatch(declared[3])


def as_data(text: bytes) -> bytes:
    """Return what sets a variable as ``declare -p`` prints it, without evaluating it: it becomes an integer afterwards."""
    declared = _DECLARED.fullmatch(text)
    if declared is None or not declared[3] or b"i" not in declared[1]:
        return text
    late = b"ir" if b"r" in declared[1] else b"i"
    early = b"".join(bytes((flag,)) for flag in declared[1] if flag not in b"ir-") or b"-"
    name = declared[2]
    return b"declare -%s %s=%s\nbuiltin declare -%s %s\n" % (early, name, declared[3], late, name)


def _own_exit(text: bytes) -> bytes:
    """Return the command's own code in what ``trap -p EXIT`` printed; empty if there is none."""
    start, end = b"trap -- '", b"' EXIT\n"
    if not text:
        return b""
    if not (text.startswith(start) and text.endswith(end)):
        raise StateBroken("the trap on EXIT is none")
    code = text[len(start) : -len(end)].replace(b"'\\''", b"'")
    return code.removesuffix(AT_EXIT).removesuffix(b"\n")


class _Section:
    """The fields up to one ``end``."""

    def __init__(self) -> None:
        self.empty = True
        #: Whether it holds at most what the shell says before the command.
        self.untold = True
        self.limits: list[bytes] = []
        self.lost: dict[Lost, None] = {}
        self._entries: dict[tuple[Entry, bytes], bytes] = {}
        self._flags: dict[bytes, bytes] = {}
        self._arguments: list[bytes] = []
        self._directories: list[bytes] = []
        self._locals: set[bytes] = set()

    def add(self, kind: bytes, name: bytes, text: bytes) -> None:
        self.empty = False
        self.untold = self.untold and (kind, name) in ((b"limits", b"before"), (b"lost", b"directory"))
        if kind in _NAMED:
            self._named(_NAMED[kind], name, text)
        elif kind == b"options" and name in _OPTIONS:
            for word in filter(None, text.split(b":")):
                if not _OPTION.fullmatch(word):
                    raise StateBroken("an option has no option's name")
                self._entries[(_OPTIONS[name], word)] = b"on"
        elif kind == b"flags":
            self._flags[name] = text
        elif kind == b"arguments":
            self._arguments.append(text)
        elif kind == b"directories":
            self._directories.append(text)
        elif kind == b"limits":
            self.limits.append(text)
        elif kind == b"lost" and name in _LOST:
            if name == b"locals":
                self._locals.update(_LOCAL.findall(text))
            if text:
                self.lost[_LOST[name]] = None
        else:
            raise StateBroken("it tells of something unknown")

    def _named(self, kind: Entry, name: bytes, text: bytes) -> None:
        shape = {"variable": _VARIABLE, "trap": _TRAP}.get(kind)
        if shape is not None and not shape.fullmatch(name):
            raise StateBroken(f"a {kind} has no {kind}'s name")
        if kind == "umask" and not _UMASK.fullmatch(text):
            raise StateBroken("the umask is none")
        if kind == "directory" and not text.startswith(b"/"):
            raise StateBroken("the directory is none")
        if kind == "trap" and text.startswith(b"trap -- - "):
            text = b""  # in POSIX mode the shell names traps that are not set, too
        if (kind, name) == ("trap", b"EXIT"):
            text = _own_exit(text)
        elif kind == "trap" and text and not _TRAPPED.fullmatch(text):
            raise StateBroken("a trap has more than a trap")
        if kind == "variable" and text:
            declared = _DECLARED.fullmatch(text)
            if declared is None or declared[2] != name:
                raise StateBroken("a variable has more than a value")
            if (declared[3] or b"").startswith(b"(") and b"A" not in declared[1] and not _COUNTED.fullmatch(declared[3]):
                raise StateBroken("an array is counted by more than numbers")
        if text or kind == "alias":
            self._entries[(kind, name)] = text

    def state(self, before: ShellState | None) -> ShellState:
        """Return the section as a state; what only a function saw of variables and arguments is as it was ``before``."""
        if ("umask", b"") not in self._entries or ("directory", b"") not in self._entries:
            raise StateBroken("it lacks a part")
        entries, arguments = dict(self._entries), tuple(self._arguments)
        if "locals" in self.lost and before is not None:
            arguments = before.arguments
            for name in self._locals:
                entries.pop(("variable", name), None)
                if text := before.text("variable", name):
                    entries[("variable", name)] = text
        return ShellState(entries, tuple(self._flags.items()), arguments, tuple(self._directories), tuple(self.lost))
