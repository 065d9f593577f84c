"""Observation to call, with a grade that never pretends."""

from __future__ import annotations

from typing import Literal

import msgspec

Grade = Literal["exact", "inferred", "ambiguous", "none"]
Method = Literal[
    "listener",
    "uts",
    "cgroup",
    "socket_owner",
    "launch",
    "reaper",
    "sole_call",
    "door_port",
    "landlock",
    "subreaper",
    "world",
]


class Trigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On whose request the actor acted: ``exact`` with a call, or ``unknown``. A wrong trigger is an error."""

    state: Literal["exact", "unknown"]
    call: int | None = None


class Attribution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Which call of the episode caused an observation.

    ``exact``: ``call`` by a kernel-held identity named in ``methods``. ``inferred``: by exclusion or lineage.
    ``ambiguous``: one of ``candidates``. ``none``: not known. ``disagreement`` holds the methods' different answers when
    they contradict each other, as ``method=call``; that is a finding. Time alone is never ``exact``. ``subreaper``: the
    process lives below the keeper of one call (tier U-).
    """

    grade: Grade
    call: int | None = None
    candidates: list[int] = []
    methods: list[Method] = []
    trigger: Trigger | None = None
    disagreement: list[str] = []


NOBODY = Attribution(grade="none")
