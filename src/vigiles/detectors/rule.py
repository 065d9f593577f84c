"""A rule as data: what a finding says about itself, and the numbers that decide."""

from __future__ import annotations

import msgspec

from vigiles.model.finding import Severity


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason to conclude something.

    ``id`` is ``<detector>.<name>`` and never reused for another meaning. ``techniques`` are MITRE ATT&CK (``T...``) and
    ATLAS (``AML.T...``) ids. ``source`` says where the idea comes from. ``thresholds`` are integers with their unit in the
    name (``_us``, ``_bytes``, or a plain count).
    """

    id: str
    severity: Severity
    techniques: list[str]
    source: str
    author: str = "Vigiles"
    thresholds: dict[str, int] = {}

    @property
    def detector(self) -> str:
        """The detector this rule belongs to."""
        return self.id.partition(".")[0]
