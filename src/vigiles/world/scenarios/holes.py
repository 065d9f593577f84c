"""Holes in texts (``{persona}``) and the words that fill them, in any nesting of tables and lists."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vigiles.model.errors import InputInvalid
from vigiles.model.plain import Plain

_HOLE = re.compile(r"\{([a-z][a-z_]*)\}")


def holes(value: Plain) -> frozenset[str]:
    """Return the names of all holes in ``value``."""
    if isinstance(value, str):
        return frozenset(_HOLE.findall(value))
    if isinstance(value, dict):
        return frozenset().union(*(holes(key) | holes(item) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return frozenset().union(*map(holes, value))
    return frozenset()


def filled(value: Plain, words: Mapping[str, str]) -> Plain:
    """Return ``value`` with every hole filled. Raises InputInvalid for a hole without a word."""
    if isinstance(value, str):
        return _HOLE.sub(lambda hole: _word(hole[1], words), value) if "{" in value else value
    if isinstance(value, dict):
        return {filled(key, words): filled(item, words) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, words) for item in value]
    return value


def settled(words: Mapping[str, str]) -> dict[str, str]:
    """Return ``words`` with the holes that stand in them filled from each other, to a depth of three."""
    now = dict(words)
    for _ in range(3):
        now = {name: filled(text, now) for name, text in now.items()}
    return now


def _word(name: str, words: Mapping[str, str]) -> str:
    word = words.get(name)
    if word is None:
        raise InputInvalid(f"no word for the hole {{{name}}}", "Add it to [words] or [vary] of the family.")
    return word
