"""Where in a TOML text a key stands. ``tomllib`` reports values only, and a mistake without its line is hard to find."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

_TABLES = re.compile(r"\s*\[\[\s*([^\[\]]+?)\s*\]\]\s*(?:#.*)?$")
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")
_PLACE = re.compile(r"at line (\d+)")
_INDEX = re.compile(r"\[\d+\]$")


def parts(dotted: str) -> tuple[str, ...]:
    """Return the parts of a TOML key, unquoted."""
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))


def indexed(name: str, at: int) -> str:
    """Return how table number ``at`` (from 0) of those written ``[[name]]`` is called."""
    return f"{name}[{at}]"


def prefixes(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield ``path`` and its parents, the longest first; a table of several also as the key that holds them all."""
    for length in range(len(path), 0, -1):
        yield path[:length]
        if (whole := _INDEX.sub("", path[length - 1])) != path[length - 1]:
            yield (*path[: length - 1], whole)


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line (from 1) of every key and table header of a TOML text; the first, where one is written twice.

    Tables written ``[[name]]`` are ``name[0]``, ``name[1]`` ... Reads lines, not TOML: a line inside a multi-line string can
    look like a key. Good enough to point a person there.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    several: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.split("\n"), start=1):
        if match := _TABLE.match(line):
            table = parts(match[1])
            found.setdefault(table, number)
        elif (match := _TABLES.match(line)) and (named := parts(match[1])):
            table = (*named[:-1], indexed(named[-1], several[named]))
            several[named] += 1
            found.setdefault(table, number)
        elif match := _KEY.match(line):
            found.setdefault((*table, *parts(match[1])), number)
    return found


def line_of(lines: dict[tuple[str, ...], int], path: tuple[str, ...]) -> int:
    """Return the line of ``path`` or of its nearest parent that has one; 0 for none."""
    return next((lines[known] for known in prefixes(path) if known in lines), 0)


def error_line(message: str) -> int:
    """Return the line that a ``tomllib`` message names, or 0."""
    match = _PLACE.search(message)
    return int(match[1]) if match else 0
