"""An act that was admitted gets a result, whatever goes wrong between the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vigiles.ledger.mint import new_id, now
from vigiles.model.act import Act
from vigiles.model.result import Result

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode


@contextmanager
def concluded(episode: Episode, act: Act) -> Iterator[None]:
    """Record a failed result for ``act`` if the block raises before it has one; the exception goes on."""
    try:
        yield
    except BaseException as error:
        if episode.gate.unfinished(act):
            failed = Result(
                id=new_id("res"),
                at=now(),
                coordinates=act.coordinates,
                act=act.id,
                outcome="failed",
                wall_us=now().mono_us - act.at.mono_us,
                error=type(error).__name__,
            )
            episode.gate.finish(failed)
            episode.watch.returned(number_of(act))
        raise


def number_of(act: Act) -> int:
    """Return the call number that an admitted act stands at."""
    assert act.coordinates is not None
    assert act.coordinates.call is not None
    return act.coordinates.call
