"""The record of a shell's state names what changed and never holds a value."""

from __future__ import annotations

import msgspec
import pytest

from vigiles.model.attribution import Attribution
from vigiles.model.observation.shell import Planted, ShellState
from vigiles.model.stamp import Stamp
from vigiles.model.union import EVENT_TYPES


def test_it_is_in_the_union_under_its_tag() -> None:
    assert EVENT_TYPES["shell_state"] is ShellState


def test_there_is_no_place_for_a_value() -> None:
    fields = {field.name: field.type for field in msgspec.structs.fields(Planted)}
    assert set(fields) == {"kind", "name", "call"}


def test_what_was_not_carried_says_so_by_itself() -> None:
    record = ShellState(
        id="obs-1",
        at=Stamp(wall_us=1, mono_us=1, boot="b"),
        sensor="shell",
        attribution=Attribution(grade="exact", call=2, methods=["launch"]),
        shell=1,
        state="kept",
        why="none",
    )
    body = msgspec.json.decode(msgspec.json.encode(record))
    assert (body["state"], body["why"], body["changed"]) == ("kept", "none", [])
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(body | {"why": "something"}), type=ShellState)
