"""Plain TOML values to the profile's structs, strictly, with every mistake and not only the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from vigiles.ruleset.mistake import nearest
from vigiles.ruleset.positions import indexed

#: Called with (path, what, hint) for each mistake.
Complain = Callable[[tuple[str, ...], str, str], None]
T = TypeVar("T", bound=msgspec.Struct)

UNLIMITED = "unlimited"
_WRONG = object()
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
        read = _value(value, fields[key].type, here, complain)
        if read is not _WRONG:
            good[key] = read
    return kind(**good)


def _value(value: Any, wanted: Any, path: tuple[str, ...], complain: Complain) -> Any:
    """Return ``value`` as ``wanted``, or ``_WRONG`` after a complaint."""
    struct = isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)
    if struct or get_origin(wanted) is dict:
        if not isinstance(value, Mapping):
            complain(path, f"must be a table, written [{'.'.join(path)}]", "")
            return _WRONG
        return struct_from(wanted, value, path, complain) if struct else _table(value, wanted, path, complain)
    item = next(iter(get_args(wanted)), None) if get_origin(wanted) is list else None
    if isinstance(item, type) and issubclass(item, msgspec.Struct):
        return _tables(value, item, path, complain)
    optional = type(None) in get_args(wanted)
    if optional and value == UNLIMITED:
        return None
    try:
        return msgspec.convert(value, wanted, strict=True)
    except msgspec.ValidationError as error:
        complain(path, _words(str(error)), _hint(value, wanted, optional))
        return _WRONG


def _table(value: Mapping[str, Any], wanted: Any, path: tuple[str, ...], complain: Complain) -> dict[str, Any]:
    """Return a table with keys of the profile's own choosing, each checked by itself."""
    key_type, value_type = get_args(wanted)
    known = _choices(key_type)
    good: dict[str, Any] = {}
    for key, item in value.items():
        here = (*path, key)
        if known and key not in known:
            complain(here, "unknown key", nearest(key, known) or f"Known here: {', '.join(known)}.")
            continue
        read = _value(item, value_type, here, complain)
        if read is not _WRONG:
            good[key] = read
    return good


def _tables(value: Any, kind: type[T], path: tuple[str, ...], complain: Complain) -> Any:
    """Return a list of tables as structs, or ``_WRONG``; the place of the first is ``name[0]``."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        complain(path, f"must be tables, each written [[{'.'.join(path)}]]", "")
        return _WRONG
    return [struct_from(kind, item, (*path[:-1], indexed(path[-1], at)), complain) for at, item in enumerate(value)]


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
