"""What honest episodes of this home share: learnt from runs that a person names, used live and by rescans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from vigiles.detectors.channels.baseline import LIMIT, Baseline, Learner
from vigiles.detectors.channels.sighting import sightings
from vigiles.detectors.expected import Expected
from vigiles.ledger.durable import replace_file
from vigiles.ledger.home import Home
from vigiles.ledger.query import LedgerReader
from vigiles.model.episode import EpisodeOpened
from vigiles.model.errors import InputInvalid, LedgerUnwritable
from vigiles.model.observation.base import Observation
from vigiles.model.ruleset import RulesetInForce

_MOST_BYTES = 64 << 20


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The baseline and the runs that it was learnt from, so that none counts twice."""

    baseline: Baseline = Baseline()
    runs: list[str] = []


def load(home: Home) -> Kept:
    """Return what was learnt, nothing where nobody learnt. Raises :class:`InputInvalid` for a file that is none."""
    try:
        with open(home.baseline, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
        return msgspec.json.decode(data, type=Kept)
    except FileNotFoundError:
        return Kept()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputInvalid(
            f"cannot use {home.baseline}: {error}", "Learn anew: vigiles baseline learn --anew, or remove the file."
        ) from error


def save(home: Home, kept: Kept) -> None:
    """Replace the file whole, for the owner only. Raises :class:`LedgerUnwritable`."""
    try:
        replace_file(home.baseline, msgspec.json.encode(kept))
    except OSError as error:
        raise LedgerUnwritable(f"cannot write {home.baseline}: {error.strerror}", "Make room there.") from error


def learn(reader: LedgerReader, run: str, leave_out: Sequence[str] = ()) -> Baseline:
    """Return what the episodes of a run show, but for those of ``leave_out``. Raises :class:`LedgerInvalid`."""
    learner = Learner()
    expected: dict[str, Expected] = {}
    left = frozenset(leave_out)
    for _, record in reader.records(run=run):
        where = record.coordinates
        if where is None or where.episode in left:
            continue
        if isinstance(record, EpisodeOpened):
            learner.episode((run, where.episode))
        elif isinstance(record, RulesetInForce):
            expected.setdefault(where.episode, Expected()).feed(record)
        elif isinstance(record, Observation):
            for seen in sightings(record, expected.setdefault(where.episode, Expected())):
                learner.add(seen)
    return learner.baseline()


def joined(one: Baseline, other: Baseline) -> Baseline:
    """Return the baseline of the episodes of both, which are not the same."""
    return Baseline(
        episodes=one.episodes + other.episodes,
        things=_sum(one.things, other.things),
        shapes=_sum(one.shapes, other.shapes),
    )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    total = dict(one)
    for name, count in other.items():
        if name in total or len(total) < LIMIT:
            total[name] = total.get(name, 0) + count
    return total
