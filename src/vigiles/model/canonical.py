"""Canonical bytes: msgspec JSON with sorted keys, which for our records is RFC 8785 (JCS) byte for byte.

That holds because records carry no floats, ASCII keys and integers within +-(2**53 - 1); :func:`encode` refuses anything
else. The test suite compares with the ``rfc8785`` package.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from vigiles.model.plain import SAFE_INTEGER

_encoder = msgspec.json.Encoder(order="sorted")


class NotCanonical(ValueError):
    """A value has no single canonical encoding: a float, an integer beyond 2**53, a key that is not ASCII, a surrogate."""


def encode(value: object) -> bytes:
    """Return the canonical bytes of a record or plain value. Raises :class:`NotCanonical`."""
    builtins = msgspec.to_builtins(value, str_keys=True)
    _check(builtins)
    try:
        return _encoder.encode(builtins)
    except (UnicodeEncodeError, RecursionError) as error:
        raise NotCanonical(str(error)) from error


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
