"""Rows on any width: each on one line where there is room, else its long text on lines of its own below.

What a person copies (an index, an id) is never cut and never dropped: a line that is too narrow for it breaks between cells.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

_GAP = "  "
_INDENT = "    "
#: The long text shares the line only if it gets at least so many columns there.
_LEAST_TEXT = 40


@dataclass(frozen=True)
class Row:
    """``cells`` are short and safe to show; ``text`` is the long part, safe too, and may be folded."""

    cells: tuple[str, ...]
    text: str


def width() -> int | None:
    """Return how many columns there are: $COLUMNS, else the terminal's. None in a file or pipe, which have no width."""
    if os.environ.get("COLUMNS") or sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    return None


def show(head: Row, rows: Sequence[Row], foot: str, *, kept: int | None = None, right: Collection[int] = ()) -> None:
    """Print ``rows`` between ``head`` and ``foot``, in one write: a reader that takes the first lines leaves a short list
    whole. Where it is narrow the first ``kept`` cells (None: all) stay on a row's first line.
    """
    import click

    heading, *others = blocks([head, *rows], width(), kept=kept, right=right)
    lines = [click.style("\n".join(heading), bold=True), *("\n".join(block) for block in others), foot]
    click.echo("\n".join(lines))


def blocks(
    rows: Sequence[Row], width: int | None, *, kept: int | None = None, right: Collection[int] = ()
) -> Iterator[list[str]]:
    """Yield each row's lines, none with blanks at its end; cells numbered in ``right`` stand to the right."""
    from rich.cells import cell_len

    wide = [max(map(cell_len, column)) for column in zip(*(row.cells for row in rows), strict=True)]
    taken = sum(wide) + len(_GAP) * len(wide)
    first = len(wide) if kept is None else kept
    fits = width is None or width - taken >= _LEAST_TEXT
    for row in rows:
        cells = [_padded(cell, wide[at], at in right) for at, cell in enumerate(row.cells)]
        if fits:
            folded = _folded(row.text, None if width is None else width - taken)
            starts = [_GAP.join(cells) + _GAP, *(" " * taken for _ in folded[1:])]
            yield [(start + part).rstrip() for start, part in zip(starts, folded, strict=True)]
            continue
        assert width is not None
        below = _GAP.join(part for part in (*row.cells[first:], row.text) if part)
        room = max(width - len(_INDENT), 1)
        yield [*_broken(cells[:first], width), *(_INDENT + part for part in _folded(below, room) if part)]


def _broken(cells: Sequence[str], width: int) -> list[str]:
    """Return the cells on one line, or on more where they do not fit: the break is between two of them, never in one."""
    from rich.cells import cell_len

    line = _GAP.join(cells).rstrip()
    if cell_len(line) <= width:
        return [line]
    lines: list[str] = []
    for cell in (cell.strip() for cell in cells):
        if lines and cell_len(lines[-1]) + len(_GAP) + cell_len(cell) <= width:
            lines[-1] += _GAP + cell
        else:
            lines.append(cell)
    return lines


def _folded(text: str, width: int | None) -> list[str]:
    """Return ``text`` in lines of at most ``width`` columns, at least one."""
    if width is None:
        return [text]
    import io

    from rich.console import Console
    from rich.text import Text

    wrapped = Text(text).wrap(Console(file=io.StringIO(), width=width), width, overflow="fold")
    return [line.plain.rstrip() for line in wrapped] or [""]


def _padded(cell: str, width: int, right: bool) -> str:
    from rich.cells import cell_len

    blank = " " * (width - cell_len(cell))
    return blank + cell if right else cell + blank
