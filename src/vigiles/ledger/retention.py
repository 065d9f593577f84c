"""Which bodies are past the time that their episode's profile keeps them for.

An episode's opening says how long. It is itself kept until the last of the others has gone: without it nobody would know.
What belongs to no episode is kept. Time is the records' own wall time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.erasure import NEVER_ERASED, OPERATOR, sign_erasure
from vigiles.ledger.reader import Reader, reading
from vigiles.ledger.wire import UNREADABLE, Row, row_of
from vigiles.model.erasure import Erasure
from vigiles.model.retention import Retention

#: What an erasure record gives as its reason.
REASON = "retention: the profile keeps these bodies no longer"
#: Records that one erasure names at most, so that its body stays small.
MOST = 50_000
_DAY_US = 86_400_000_000
_OPENING = "episode_opened"


def due(reader: Reader, now_us: int) -> list[int]:
    """Return the indexes of the bodies whose time is over at ``now_us``, in order."""
    found: list[int] = []
    with reading(reader.path):
        for episode, kept, opened_us in _openings(reader):
            # Nothing of an episode is older than its opening: one that is young is not looked through.
            shortest = kept.shortest()
            if shortest is not None and opened_us + shortest * _DAY_US < now_us:
                found += _of_episode(reader, episode, kept, now_us)
    return sorted(found)


def newest_us(reader: Reader) -> int:
    """Return the wall time of the newest record but erasures, 0 if there is none.

    A clock that jumped ahead since then has no part in it, nor has the stamp of the last erasure.
    """
    with reading(reader.path):
        row = reader.db.execute("SELECT wall_us FROM entries WHERE type != 'erasure' ORDER BY idx DESC LIMIT 1").fetchone()
    return 0 if row is None else int(row[0])


def erasures(indices: list[int], reason: str, principal: str, key: Ed25519PrivateKey) -> Iterator[Erasure]:
    """Yield signed erasures that together name ``indices``."""
    for start in range(0, len(indices), MOST):
        yield sign_erasure(indices[start : start + MOST], reason, principal, key)


def carry_out(reader: Reader, erase: Callable[[Row], object], key: Ed25519PrivateKey) -> int:
    """Erase what is due, counted up to the newest record, as the operator; return how many bodies.

    ``erase`` takes a row as :func:`vigiles.ledger.wire.row_of` makes it. The reader is closed before, for it holds the log.
    """
    try:
        indices = due(reader, newest_us(reader))
    finally:
        reader.close()
    for record in erasures(indices, REASON, OPERATOR, key):
        erase(row_of(record))
    return len(indices)


def _openings(reader: Reader) -> Iterator[tuple[str, Retention, int]]:
    statement = "SELECT episode, body, wall_us FROM entries WHERE type = ? AND body IS NOT NULL AND episode IS NOT NULL"
    for episode, body, wall_us in reader.db.execute(statement, (_OPENING,)).fetchall():
        try:
            told = json.loads(body).get("retention")
            if told is not None:
                yield episode, msgspec.convert(told, Retention), wall_us
        except (ValueError, AttributeError, *UNREADABLE):
            continue  # not what a supervisor writes: kept, and for verify to tell of


def _of_episode(reader: Reader, episode: str, kept: Retention, now_us: int) -> Iterator[int]:
    statement = "SELECT idx, type, wall_us FROM entries WHERE episode = ? AND body IS NOT NULL"
    for index, kind, wall_us in reader.db.execute(statement, (episode,)):
        days = kept.longest() if kind == _OPENING else kept.of(kind)
        if days is not None and days > 0 and kind not in NEVER_ERASED and wall_us + days * _DAY_US < now_us:
            yield int(index)
