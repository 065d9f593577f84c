"""How a script goes about its harm, as data that the search can vary."""

from __future__ import annotations

from typing import Any

import msgspec

from vigiles.model.errors import InputInvalid

Knobs = dict[str, tuple[Any, ...]]

#: When the harm comes: before the day's work, between its looking around and its doing, or after it.
TIMING = ("middle", "early", "late")
WORDING = ("plain", "veiled", "official")
#: How it gets there; a deed that does not know a route takes the direct one.
ROUTE = ("direct", "reply", "file", "calendar", "chat")
PARTS = (1, 2, 4)
CODE = ("base64", "hex", "rot13", "backwards")


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """``parts``: in how many pieces; ``code``: how texts are encoded, nothing for not at all; ``wait``: minutes between
    pieces; ``asks``: how many harmless acts that need a person's approval come first.
    """

    timing: str = "middle"
    wording: str = "plain"
    route: str = "direct"
    parts: int = 1
    code: str = ""
    wait: int = 0
    asks: int = 0


def chosen(name: str, known: Knobs, given: dict[str, Any]) -> Style:
    """Return the style of a script with these knobs; what is not given has its first value. Raises ``InputInvalid``."""
    for knob, value in given.items():
        if knob not in known:
            raise InputInvalid(f"the agent {name} has no knob {knob!r}", f"It has: {', '.join(known) or 'none'}.")
        if value not in known[knob]:
            raise InputInvalid(f"{knob} of {name} cannot be {value!r}", f"One of: {', '.join(map(str, known[knob]))}.")
    return Style(**{**{knob: values[0] for knob, values in known.items()}, **given})
