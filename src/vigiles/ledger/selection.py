"""Which records an erasure is to name, by index, run, episode, type or age, and what they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vigiles.ledger.erasure import NEVER_ERASED
from vigiles.ledger.reader import Reader, reading
from vigiles.model.errors import InputInvalid


@dataclass(frozen=True)
class Selection:
    """All that are given must fit; at least one must be given. ``ranges`` hold first and last index; any of them fits.

    ``before_us``: wall time; only older records.
    """

    ranges: tuple[tuple[int, int], ...] = ()
    run: str | None = None
    episode: str | None = None
    types: tuple[str, ...] = ()
    before_us: int | None = None


@dataclass
class Chosen:
    """``indices`` have a body that may be erased; ``types`` counts them. ``kept``: never erased; ``gone``: erased before."""

    indices: list[int] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    kept: int = 0
    gone: int = 0


def choose(reader: Reader, selection: Selection) -> Chosen:
    """Return what a selection holds. Raises :class:`InputInvalid` for one that names nothing in particular."""
    clauses: list[str] = []
    values: list[str | int] = []
    if selection.ranges:
        clauses.append("(" + " OR ".join(["idx BETWEEN ? AND ?"] * len(selection.ranges)) + ")")
        values += [bound for one in selection.ranges for bound in one]
    for name, value in (("run", selection.run), ("episode", selection.episode)):
        if value is not None:
            clauses.append(f"{name} = ?")
            values.append(value)
    if selection.types:
        clauses.append(f"type IN ({', '.join('?' * len(selection.types))})")
        values += selection.types
    if selection.before_us is not None:
        clauses.append("wall_us < ?")
        values.append(selection.before_us)
    if not clauses:
        raise InputInvalid(
            "nothing was selected", "Say which records: --index, --run, --episode, --type, --older-than; they combine."
        )
    chosen = Chosen()
    # The clauses are made of the fixed names above; every value is bound.
    statement = f"SELECT idx, type, LENGTH(body) FROM entries WHERE {' AND '.join(clauses)} ORDER BY idx"  # noqa: S608
    with reading(reader.path):
        for index, kind, size in reader.db.execute(statement, values):
            if size is None:
                chosen.gone += 1
            elif kind in NEVER_ERASED:
                chosen.kept += 1
            else:
                chosen.indices.append(int(index))
                chosen.types[str(kind)] += 1
                chosen.bytes += int(size)
    return chosen
