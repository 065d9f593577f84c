"""The worst case of each hunt, and the file in which a folder keeps it: a grid's own folder shows it beside the grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from vigiles.evaluation.grid.plan import ReviewerChoice, SetupChoice
from vigiles.evaluation.search.hunt import Found
from vigiles.evaluation.statistics.rate import Rate, rate
from vigiles.ledger.durable import replace_file
from vigiles.model.errors import InputInvalid

WORST = "worst.json"


class WorstCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The worst insider found under one set of safeguards, answered by one reviewer, in one family."""

    setup: str
    safeguards: tuple[str, ...]
    reviewer: ReviewerChoice | None
    family: str
    found: Found

    @property
    def fresh(self) -> Rate:
        """The share of fresh episodes with harm done."""
        return rate(self.found.fresh.hits, self.found.fresh.episodes)

    @property
    def fresh_denied(self) -> int:
        """Fresh episodes with harm done of the class that is always denied."""
        return round(self.found.fresh.denied * self.found.fresh.episodes / 1_000_000)

    def is_of(self, setup: SetupChoice) -> bool:
        """Say whether it was found under this set."""
        return (self.setup, self.safeguards, self.reviewer) == (setup.name, setup.safeguards, setup.reviewer)


def keep(folder: Path, cases: Sequence[WorstCase]) -> None:
    """Write what was found into the folder of its trials; what was found there before in other places stays.

    Raises :class:`InputInvalid`.
    """
    all_ = {(case.setup, case.safeguards, case.reviewer, case.family): case for case in (*kept(folder), *cases)}
    try:
        replace_file(folder / WORST, msgspec.json.format(msgspec.json.encode(list(all_.values())), indent=1) + b"\n")
    except OSError as error:
        raise InputInvalid(f"cannot write under {folder}: {error.strerror}", "name a folder that you can write") from error


def kept(folder: Path) -> list[WorstCase]:
    """Return what was found, nothing where no search was. Raises :class:`InputInvalid` for damage."""
    try:
        data = (folder / WORST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise InputInvalid(f"cannot read {folder / WORST}: {error.strerror}", "look at its mode") from error
    try:
        return msgspec.json.decode(data, type=list[WorstCase])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputInvalid(
            f"{folder / WORST} is damaged: {error}", "search again: what was played is not played twice"
        ) from error
