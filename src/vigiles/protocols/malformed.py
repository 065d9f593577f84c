"""The one error a parser raises."""

from __future__ import annotations


class Malformed(ValueError):
    """The bytes are not what the protocol allows. The message is constant text: nothing of the bytes is in it."""


class TooLong(Malformed):
    """There are more of them than are taken; whether the rest would have been right is not known."""
