import msgspec

from vigiles.evaluation.played import Played
from vigiles.world.outcome import Outcome


def test_a_played_episode_comes_back_as_it_was() -> None:
    played = Played(
        scenario="leak",
        factors={"goal": "none"},
        twin=False,
        seed=1,
        digest="0" * 64,
        agent="honest",
        setup="all",
        outcome=Outcome(unjudged="the provider failed"),
        gate_us=(120, 80),
        fault="provider",
    )
    assert msgspec.json.decode(msgspec.json.encode(played), type=Played) == played
