"""Canonical bytes: msgspec JSON with sorted keys, which for our records is RFC 8785 (JCS) byte for byte.

That holds because records carry no floats, ASCII keys and integers within +-(2**53 - 1); :func:`encode` refuses anything
else. The test suite compares with the ``rfc8785`` package.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import msgspec
import msgspec.inspect

from vigiles.model.plain import SAFE_INTEGER

_encoder = msgspec.json.Encoder(order="sorted")


class _Fraction(Exception):
    """A number with a fraction or an exponent was met."""


def _fraction(text: str) -> float:
    raise _Fraction


_decoder = msgspec.json.Decoder(float_hook=_fraction)


class NotCanonical(ValueError):
    """A value has no single canonical encoding: a float, an integer beyond 2**53, a key that is not ASCII, a surrogate."""


#: What may be a number that needs a closer look: with a fraction or an exponent, or of more digits than every safe integer.
_ODD = re.compile(rb"[:,\[]-?(?:9\d{15}|\d{17}|\d+[.eE])")

_DIGITS = bytes(ord("0") if chr(octet).isdigit() and octet < 128 else ord(" ") for octet in range(256))
_known: dict[type, bool] = {}


def _small_numbers(data: bytes) -> bool:
    """Say quickly that no integer is beyond 2**53. False says nothing: :data:`_ODD` looks closer, at ten times the cost."""
    return not (
        b"00000000000000000" in data.translate(_DIGITS) or b":9" in data or b",9" in data or b"[9" in data or b"-9" in data
    )


def encode(value: Any) -> bytes:
    """Return the canonical bytes of a record or plain value. Raises :class:`NotCanonical`."""
    try:
        kind = type(value)
        closed = _known.get(kind)
        if closed is None:
            closed = _known[kind] = _closed(kind)
        if closed:
            data = _encoder.encode(value)
            if data.isascii() and not _ODD.search(data):
                return data
        builtins = msgspec.to_builtins(value, str_keys=True)
        _check(builtins)
        return _encoder.encode(builtins)
    except (UnicodeEncodeError, RecursionError) as error:
        raise NotCanonical(str(error)) from error


def parse(data: bytes) -> Any:
    """Return the value that ``data`` are the canonical bytes of. Raises :class:`NotCanonical` if they are not."""
    try:
        # ASCII bytes of an object, without an odd number, that come out the same again: its keys are ASCII, in order, once.
        if data[:1] == b"{" and data.isascii() and (_small_numbers(data) or not _ODD.search(data)):
            value = _decoder.decode(data)
            if _encoder.encode(value) == data:
                return value
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError, _Fraction) as error:
        raise NotCanonical(str(error) or "a number with a fraction") from error
    if encode(value) != data:
        raise NotCanonical("not the canonical spelling")
    return value


def _closed(kind: type) -> bool:
    """Say whether ``kind`` is a record with no field of any type or of floats, so that its bytes say all about it."""
    if not issubclass(kind, msgspec.Struct):
        return False
    open_ended = (msgspec.inspect.AnyType, msgspec.inspect.FloatType, msgspec.inspect.CustomType, msgspec.inspect.RawType)
    return not any(isinstance(part, open_ended) for part in _parts(msgspec.inspect.type_info(kind), set()))


def _parts(info: Any, seen: set[int]) -> list[Any]:
    """Return a type's description and those of all that it is made of."""
    if id(info) in seen:
        return []
    seen.add(id(info))
    found = [info]
    for name in getattr(info, "__struct_fields__", ()):
        value = getattr(info, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, msgspec.inspect.Field):
                found += _parts(item.type, seen)
            elif isinstance(item, msgspec.inspect.Type):
                found += _parts(item, seen)
    return found


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical bytes, as 64 hex digits."""
    return hashlib.sha256(encode(value)).hexdigest()


def _check(value: Any) -> None:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return
    if kind is int:
        if not -SAFE_INTEGER <= value <= SAFE_INTEGER:
            raise NotCanonical(f"integer beyond 2**53 must be a string: {value}")
    elif kind is dict:
        for key, item in value.items():
            if not key.isascii():
                raise NotCanonical(f"key is not ASCII: {key!r}")
            if type(item) is not str:
                _check(item)
    elif kind is list:
        for item in value:
            if type(item) is not str:
                _check(item)
    else:
        raise NotCanonical(f"records hold no {kind.__name__}: {value!r}")
