"""Native tools: what an agent may call, and what it is told."""

from __future__ import annotations

from typing import Any

import msgspec

from vigiles.model.effect import Datum
from vigiles.model.plain import Plain


class Tool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tool as a model is told of it; ``parameters`` is a JSON Schema object. Names are ``application_verb``."""

    name: str
    description: str
    parameters: dict[str, Any]


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a performed call gives back. ``error``: the arguments were wrong; nothing happened. ``read``: what was shown."""

    text: str
    error: bool = False
    read: tuple[Datum, ...] = ()
    data: Plain = None
