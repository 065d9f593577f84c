"""``docs/events.md``: every record type of the ledger and every part of one, from the closed union of the model."""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
from markdown import HEAD, prose, table

_INTRO = """# The records

Everything that a ledger holds is one of these. Records are frozen, closed to unknown fields and encoded as
[canonical JSON](format.md). The field `type` names the record's type. Times end in `_us`: microseconds. Text that an agent
could write is marked nowhere, because nearly all of it could be: show it through `vigiles.render` only.
"""
_PARTS = "# Parts of records\n\nThese stand inside records and have no `type` of their own.\n"


def page(root: Path) -> str:
    """Return the page."""
    from vigiles.model.record import Event
    from vigiles.model.union import EVENT_TYPES

    parts: dict[str, type[msgspec.Struct]] = {}
    base = {field.name for field in msgspec.structs.fields(Event)}
    records = []
    for name, kind in EVENT_TYPES.items():
        common = [field for field in msgspec.structs.fields(kind) if field.name in base]
        own = [field for field in msgspec.structs.fields(kind) if field.name not in base]
        for field in (*common, *own):
            _collect(field.type, parts)
        records.append(f"## {name}\n\n{prose(kind.__doc__)}\n\n{_fields(own)}")
    common_fields = f"Every record has these fields:\n\n{_fields(msgspec.structs.fields(Event))}\n{prose(Event.__doc__)}\n"
    named = [
        f"## {kind.__name__}\n\n{prose(kind.__doc__)}\n\n{_fields(msgspec.structs.fields(kind))}" for kind in parts.values()
    ]
    return "\n".join([HEAD, _INTRO, common_fields, *records, _PARTS, *named])


def _fields(fields: typing.Iterable[msgspec.structs.FieldInfo]) -> str:
    return table(("Field", "Type", "If left out"), ((f"`{f.name}`", type_name(f.type), _default(f)) for f in fields))


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()  # type: ignore[operator]
    return f"`{msgspec.json.encode(value).decode()}`"


def type_name(kind: Any) -> str:
    """Return a type as a reader of JSON knows it."""
    from vigiles.model.reason import ReasonCode

    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return "any plain value"
    if kind == ReasonCode:
        return "a [reason code](reasons.md)"
    if origin is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_name(one) if one is not type(None) else "`null`" for one in arguments)
    if origin is list:
        return f"list of: {type_name(arguments[0])}"
    if origin is dict:
        return f"table of: {type_name(arguments[1])}"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return {str: "text", int: "integer", bool: "true or false"}[kind]


def _collect(kind: Any, parts: dict[str, type[msgspec.Struct]]) -> None:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__name__ not in parts:
        parts[kind.__name__] = kind
        for field in msgspec.structs.fields(kind):
            _collect(field.type, parts)
    for one in get_args(kind):
        _collect(one, parts)
