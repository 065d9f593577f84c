"""A name in a table on a terminal: broken after a hyphen or a colon where it must be, never in the middle of a word."""

from __future__ import annotations

import re

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_PIECES = re.compile(r"[^-:/ ]*[-:/ ]|[^-:/ ]+")


class Name:
    """A name as a cell."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        longest = max(map(len, _PIECES.findall(self.name)), default=0)
        return Measurement(longest, len(self.name)).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(broken(self.name, options.max_width), overflow="fold")


def broken(name: str, width: int) -> str:
    """Return a name in lines of at most ``width`` characters, as far as its pieces allow."""
    lines = [""]
    for piece in _PIECES.findall(name):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
