"""Plain TOML values to the profile's structs, strictly, with every mistake and not only the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

import msgspec

from vigiles.ruleset.mistake import nearest

#: Called with (path, what, hint) for each mistake.
Complain = Callable[[tuple[str, ...], str, str], None]
T = TypeVar("T", bound=msgspec.Struct)

UNLIMITED = "unlimited"
_WHERE = re.compile(r" - at `\$(.*)`$")


def struct_from(kind: type[T], values: Mapping[str, Any], path: tuple[str, ...], complain: Complain) -> T:
    """Return ``kind`` made of ``values``; what is wrong is told to ``complain`` and left at its default.

    Types are strict: ``"5"`` is no number and ``1`` no boolean. ``"unlimited"`` stands for None where None is allowed. The
    result is meaningful only if nothing was complained of. A struct with a required field needs that field in ``values``.
    """
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    good: dict[str, Any] = {}
    for key, value in values.items():
        here = (*path, key)
        if key not in fields:
            complain(here, "unknown key", nearest(key, fields) or f"Known here: {', '.join(fields)}.")
            continue
        wanted = fields[key].type
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            if isinstance(value, Mapping):
                good[key] = struct_from(wanted, value, here, complain)
            else:
                complain(here, f"must be a table, written [{'.'.join(here)}]", "")
            continue
        optional = type(None) in get_args(wanted)
        if optional and value == UNLIMITED:
            good[key] = None
            continue
        try:
            good[key] = msgspec.convert(value, wanted, strict=True)
        except msgspec.ValidationError as error:
            complain(here, _words(str(error)), _hint(value, wanted, optional))
    return kind(**good)


def _words(message: str) -> str:
    match = _WHERE.search(message)
    place = f" (at {match[1]})" if match else ""
    text = _WHERE.sub("", message).replace("`", '"').replace("object", "table").replace("array", "list")
    return f"{text[:1].lower()}{text[1:]}{place}"


def _hint(value: object, wanted: object, optional: bool) -> str:
    choices = _choices(wanted)
    if choices:
        items = value if isinstance(value, list) else [value]
        wrong = [item for item in items if isinstance(item, str) and item not in choices]
        return (nearest(wrong[0], choices) if wrong else "") or f"One of: {', '.join(choices)}."
    return f'A whole number, or "{UNLIMITED}".' if optional else ""


def _choices(wanted: object) -> list[str]:
    """Return the strings of the first Literal inside a type."""
    arguments = get_args(wanted)
    if arguments and all(isinstance(item, str) for item in arguments):
        return list(arguments)
    for item in reversed(arguments):
        if found := _choices(item):
            return found
    return []
