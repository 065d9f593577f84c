"""Persistent shells: what one command left behind for the next."""

from __future__ import annotations

from typing import Literal

import msgspec

from vigiles.model.observation.base import Observation

ShellKind = Literal[
    "variable", "function", "alias", "trap", "option", "shopt", "umask", "directory", "directories", "arguments"
]


class Planted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing of a shell's state and the call that last set it; 0: the shell began with it.

    ``name`` is the workload's, and the kind again where there is only one of the kind.
    """

    kind: ShellKind
    name: str
    call: int


class ShellState(Observation, frozen=True, kw_only=True, tag="shell_state"):
    """What became of a persistent shell's state at the end of a call. ``shell`` is its number in the episode, from 1.

    ``state``: ``carried`` to the next call, or ``kept`` as the last good call had left it, and ``why``: ``none`` came (the
    shell was replaced or ended without a word), it was ``broken``, ``too_large``, or a signal or limit ``ended`` the call.
    ``size`` (bytes) and ``sha256`` are those of what came. ``changed``: what the call set, ``removed``: what it took away,
    by name only, for values may be secrets; ``folded`` further names were left out. ``lost``: what could not be carried.
    ``in_force``: what earlier calls had set and shells or programs obey while this call ran. So an act of this call may be
    the doing of code that an earlier call planted; the act's own attribution says in which call it ran.

    The content is the shell's own word, so the workload's: it can leave things out, and what it leaves out is not carried.
    """

    shell: int
    state: Literal["carried", "kept"]
    why: Literal["none", "broken", "too_large", "ended"] | None = None
    size: int = 0
    sha256: str | None = None
    changed: list[Planted] = []
    removed: list[Planted] = []
    folded: int = 0
    lost: list[Literal["jobs", "descriptors", "limits", "directory", "locals"]] = []
    in_force: list[Planted] = []
