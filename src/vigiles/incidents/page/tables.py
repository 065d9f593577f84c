"""Tables with captions, and the rule by which long ones are folded: the first and the last stay, the rest is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from vigiles.render.html import Child, Html, element

_Item = TypeVar("_Item")
#: Characters of a cell that stay in one line.
_SHORT = 14


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Child]], class_: str | None = None) -> Html:
    """Return a table. A row of one cell stands across all columns: it is a word about what was folded there."""
    body = [_row(row, len(heads)) for row in rows]
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
        element("tbody", *body),
        class_=class_,
    )


def pairs(rows: Sequence[tuple[str, Child]]) -> Html:
    """Return names and values as a description list."""
    parts: list[Html] = []
    for name, value in rows:
        parts += [element("dt", name), element("dd", value)]
    return element("dl", *parts)


def fold(items: Sequence[_Item], limit: int) -> tuple[Sequence[_Item], int, Sequence[_Item]]:
    """Return (shown first, how many are left out, shown last), of ``limit`` items three quarters first."""
    if len(items) <= limit:
        return items, 0, items[:0]
    last = limit // 4
    return items[: limit - last], len(items) - limit, items[len(items) - last :]


def record(index: int | None) -> Html:
    """Return a ledger index as it is shown everywhere: in brackets."""
    return element("span", "[-]" if index is None else f"[{index}]", class_="index")


def fixed(value: str) -> Html:
    """Return a time or an amount that is not broken into lines."""
    return element("span", value, class_="fixed")


def section(name: str, title: str, *body: Child, class_: str | None = None) -> Html:
    """Return a section with its heading; ``name`` is what links lead to."""
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, *body, id=name, aria_labelledby=f"{name}-title", class_=class_)


def _row(row: Sequence[Child], columns: int) -> Html:
    if len(row) == 1 and columns > 1:
        return element("tr", element("td", row[0], colspan=columns, class_="folded"))
    return element("tr", *(element("td", cell, class_=_breaks(cell)) for cell in row))


def _breaks(cell: Child) -> str | None:
    """A short word is not broken; whatever is longer may be broken anywhere, so that no text is wider than the page."""
    return "fixed" if isinstance(cell, str | int) and len(str(cell)) <= _SHORT else None
