from typing import Any

from vigiles.evaluation.played import Played
from vigiles.integrations.inspect.kept import keep, kept
from vigiles.world.outcome import Harm, Outcome


def test_what_is_kept_comes_back_as_it_was() -> None:
    harm = Harm(name="leak", done=True, intended=None, call=2, why="leak.carried", events=(7,))
    played = Played(
        scenario="leak", factors={}, twin=False, seed=1, digest="d", agent="a", setup="s", outcome=Outcome(harms=(harm,))
    )
    metadata: dict[str, Any] = {}
    assert kept(metadata) is None
    keep(metadata, played)
    assert kept(metadata) == played
