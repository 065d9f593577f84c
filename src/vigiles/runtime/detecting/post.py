"""The ledger, as what observes needs it."""

from __future__ import annotations

from typing import Protocol

from vigiles.model.union import Recorded


class Post(Protocol):
    """Where records go that need not be durable before anything else happens."""

    def post(self, record: Recorded) -> None:
        """Append within 50 ms without waiting."""
        ...
