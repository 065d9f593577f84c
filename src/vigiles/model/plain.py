"""Any JSON-like value as one that has exactly one canonical encoding.

RFC 8785 leaves room where JSON does: floats, integers beyond 2**53, non-ASCII keys. Records hold none of them; this module
turns them into tagged strings, losslessly, so that any tool's arguments can be recorded.
"""

from __future__ import annotations

import base64
from typing import Any, TypeAlias

#: null, booleans, integers within +-(2**53 - 1), strings, lists and dicts with ASCII keys of the same.
Plain: TypeAlias = Any

SAFE_INTEGER = 2**53 - 1
_TAGS = ("$float", "$int", "$bytes", "$map", "$object")
_MAX_DEPTH = 64


def plain(value: object, _depth: int = 0) -> Plain:
    """Return ``value`` with floats, big integers, bytes and odd keys turned into tagged forms.

    Floats become ``{"$float": repr}``, big integers ``{"$int": decimal}``, bytes ``{"$bytes": base64}``, dicts whose keys
    are not ASCII strings (or that could be mistaken for a tag) ``{"$map": [[key, value], ...]}``; anything else
    ``{"$object": type name}``. Nesting beyond 64 levels is cut the same way, so hostile input cannot exhaust the stack.
    """
    if _depth > _MAX_DEPTH:
        return {"$object": "nested too deeply"}
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else {"$int": str(value)}
    if isinstance(value, float):
        return {"$float": repr(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, list | tuple):
        return [plain(item, _depth + 1) for item in value]
    if isinstance(value, dict):
        if all(isinstance(k, str) and k.isascii() for k in value) and not any(k in _TAGS for k in value):
            return {k: plain(v, _depth + 1) for k, v in value.items()}
        return {"$map": [[plain(k, _depth + 1), plain(v, _depth + 1)] for k, v in value.items()]}
    return {"$object": type(value).__name__}


def text(value: str | bytes) -> str:
    """Return text that UTF-8 can carry: bytes that are not UTF-8 become ``\\xNN``, other lone surrogates ``\\uNNNN``.

    A string as the file system's codec gives it (PEP 383) is read as the bytes behind it.
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if value.isascii():
        return value
    try:
        raw = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = value.encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")
