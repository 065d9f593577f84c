"""One line of the examination: a control, whether it works, and what it is for."""

from __future__ import annotations

import os
from typing import Literal

import msgspec

State = Literal["works", "missing", "not needed"]
Tier = Literal["none", "U-", "U", "R"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One control: its state, a word of what was seen, why it matters, and what to do for more (empty: nothing).

    ``tier`` is the lowest tier that cannot do without it, None where it only helps.
    """

    control: str
    state: State
    detail: str
    why: str
    more: str = ""
    tier: Tier | None = None


def tried(control: str, error: str | None, why: str, more: str, tier: Tier | None, detail: str = "") -> Row:
    """Return the row of what was tried: ``error`` is what went wrong, None if nothing did."""
    if error is None:
        return Row(control=control, state="works", detail=detail, why=why, tier=tier)
    return Row(control=control, state="missing", detail=error, why=why, more=more, tier=tier)


def for_root(control: str, why: str, tier: Tier | None) -> Row | None:
    """Return the row of what only root is asked for, if this process is not root; None if it is to be tried."""
    if os.geteuid() == 0:
        return None
    return Row(control=control, state="not needed", detail="only with root", why=why, tier=tier)
