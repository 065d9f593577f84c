"""One row of the table: ours, the reference, and whether the bar was reached."""

from __future__ import annotations

import msgspec

from benchmarks.rounds import Spread, spread


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """``ours`` is in ``unit``, ``reference`` too unless it has its own; ``ratio`` is ours over it, pair by pair.

    ``passed`` is None for a row that only informs.
    """

    group: str
    name: str
    unit: str
    ours: Spread
    reference: Spread | None = None
    reference_unit: str = ""
    ratio: Spread | None = None
    bar: str = ""
    passed: bool | None = None
    note: str = ""


def compared(
    group: str,
    name: str,
    ours: list[float],
    reference: list[float],
    *,
    at_most: float | None,
    unit: str = "ms",
    note: str = "",
) -> Row:
    """Return a row whose bar is the median ratio to bubblewrap in the same round."""
    ratio = spread([mine / other for mine, other in zip(ours, reference, strict=True)])
    return Row(
        group=group,
        name=name,
        unit=unit,
        ours=spread(ours),
        reference=spread(reference),
        ratio=ratio,
        bar="" if at_most is None else f"<= {at_most:g} x",
        passed=None if at_most is None else ratio.median <= at_most,
        note=note,
    )
