"""What every detector offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vigiles.detectors.rule import Rule
from vigiles.model.finding import Finding
from vigiles.model.union import Recorded


class Detector(Protocol):
    """A pure machine for one episode. The same records in the same order give the same findings."""

    @property
    def name(self) -> str:
        """The detector's name, the first part of its rules' ids."""
        ...

    @property
    def rules(self) -> Sequence[Rule]:
        """Every rule it may conclude by."""
        ...

    @property
    def takes(self) -> tuple[type, ...]:
        """The record types it looks at, or their bases; it is fed no others."""
        ...

    def feed(self, record: Recorded) -> list[Finding]:
        """Take one record of the episode of a type that it takes, in ledger order; return what it completes.

        Never raises on any valid record.
        """
        ...
