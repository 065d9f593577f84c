"""The arguments of a tool call, read against what the tool says it takes. Whatever a model writes ends here.

One declaration gives both the JSON Schema that a model is told and the check of what it then sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from vigiles.model import plain

#: Characters in a mail, a file or a line; in a short field; names in a list; and the largest number.
LONG, SHORT, MANY, LARGEST = 100_000, 500, 100, 10**12


class ArgumentsWrong(ValueError):
    """The arguments cannot be used; nothing happened. The text is for the agent, and short whatever it sent."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter. ``most``: characters of a text (of each text of a list), or the largest number; ``least`` likewise."""

    name: str
    kind: Literal["text", "texts", "number", "flag", "value"]
    says: str
    required: bool = True
    most: int = SHORT
    least: int = 0


def text(name: str, says: str, *, required: bool = True, most: int = SHORT) -> Parameter:
    """Declare a string."""
    return Parameter(name=name, kind="text", says=says, required=required, most=most)


def texts(name: str, says: str, *, required: bool = True) -> Parameter:
    """Declare a list of short strings; one bare string is taken for a list of one."""
    return Parameter(name=name, kind="texts", says=says, required=required)


def number(name: str, says: str, *, required: bool = True, most: int = LARGEST, least: int = 0) -> Parameter:
    """Declare a whole number."""
    return Parameter(name=name, kind="number", says=says, required=required, most=most, least=least)


def flag(name: str, says: str) -> Parameter:
    """Declare an optional yes or no; no where it is left out."""
    return Parameter(name=name, kind="flag", says=says, required=False)


def value(name: str, says: str) -> Parameter:
    """Declare a setting's value: a string, or a number or truth value, which becomes one."""
    return Parameter(name=name, kind="value", says=says)


def schema(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return the JSON Schema object for ``parameters``."""
    kinds: dict[str, dict[str, Any]] = {
        "text": {"type": "string"},
        "texts": {"type": "array", "items": {"type": "string"}},
        "number": {"type": "integer"},
        "flag": {"type": "boolean"},
        "value": {"type": "string"},
    }
    return {
        "type": "object",
        "properties": {each.name: {**kinds[each.kind], "description": each.says} for each in parameters.values()},
        "required": [each.name for each in parameters.values() if each.required],
        "additionalProperties": False,
    }


def short(value: object) -> str:
    """Return what the agent sent as a few printable characters, to be named in a complaint."""
    said = ascii(value[:60]) if isinstance(value, str) else type(value).__name__
    return said if len(said) <= 60 else said[:57] + "..."


def read(arguments: object, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return a value for every parameter: what was sent, else None, ``()`` or False.

    Raises:
        ArgumentsWrong: a name is unknown, a value has the wrong type or is too long, or one that is needed is missing.
    """
    if not isinstance(arguments, dict):
        raise ArgumentsWrong("arguments must be an object")
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        parameter = parameters.get(name)
        if parameter is None:
            raise ArgumentsWrong(f"there is no argument called {short(name)}")
        if value is None and not parameter.required:
            continue
        found[name] = _READERS[parameter.kind](parameter, value)
    for name, parameter in parameters.items():
        if name not in found:
            if parameter.required:
                raise ArgumentsWrong(f"the argument {name} is missing")
            found[name] = _ABSENT[parameter.kind]
    return found


def _text(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str):
        raise ArgumentsWrong(f"{parameter.name} must be text")
    if len(value) > parameter.most:
        raise ArgumentsWrong(f"{parameter.name} is longer than {parameter.most} characters")
    said = plain.text(value)
    if parameter.required and not said.strip() and parameter.most == SHORT:
        raise ArgumentsWrong(f"{parameter.name} is empty")
    return said


def _texts(parameter: Parameter, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple):
        raise ArgumentsWrong(f"{parameter.name} must be a list of texts")
    if len(values) > MANY:
        raise ArgumentsWrong(f"{parameter.name} has more than {MANY} entries")
    if parameter.required and not values:
        raise ArgumentsWrong(f"{parameter.name} is empty")
    return tuple(_text(parameter, each) for each in values)


def _number(parameter: Parameter, value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ArgumentsWrong(f"{parameter.name} must be a whole number")
    if not parameter.least <= value <= parameter.most:
        raise ArgumentsWrong(f"{parameter.name} must be between {parameter.least} and {parameter.most}")
    return value


def _flag(parameter: Parameter, value: object) -> bool:
    if not isinstance(value, bool):
        raise ArgumentsWrong(f"{parameter.name} must be true or false")
    return value


def _value(parameter: Parameter, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) <= LARGEST):
        return str(value)
    return _text(parameter, value)


_READERS = {"text": _text, "texts": _texts, "number": _number, "flag": _flag, "value": _value}
_ABSENT: dict[str, Any] = {"text": None, "texts": (), "number": None, "flag": False}
