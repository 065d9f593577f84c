"""Room on the ledger's disk."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event


class LedgerSpace(Event, frozen=True, kw_only=True, tag="ledger_space"):
    """The recorder met a full disk and gave its reserve free (``low``), or has it back (``ample``).

    While space is low no episode begins, those that run are ended, and observations are lost; acts, verdicts and ends are
    still written. ``free_bytes``: what the disk had left then; ``reserve_bytes``: the size of the reserve.
    """

    state: Literal["low", "ample"]
    free_bytes: int
    reserve_bytes: int
