"""Small pieces of Markdown that every page is made of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

_ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")
HEAD = "<!-- Written by scripts/docs from the code. Do not edit: change the code and run `uv run python scripts/docs`. -->\n"


def prose(docstring: str | None) -> str:
    """Return a docstring as Markdown: roles become code, double backticks single."""
    text = inspect.cleandoc(docstring or "")
    text = _ROLE.sub(lambda match: f"`{match[1].rpartition('.')[2] or match[1]}`", text)
    return text.replace("``", "`")


def first_line(docstring: str | None) -> str:
    """Return a docstring's first sentence or line as Markdown."""
    return prose(docstring).split("\n\n")[0].replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; bars inside cells are escaped."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
