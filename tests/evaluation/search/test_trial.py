import asyncio
from pathlib import Path

import pytest

from vigiles.evaluation.played import Played
from vigiles.evaluation.search.candidate import Candidate
from vigiles.evaluation.search.trial import TRIALS, Trials
from vigiles.model.errors import InputInvalid
from vigiles.world.outcome import Harm, Outcome

FIELD = [Candidate(agent="a"), Candidate(agent="b", knobs={"x": 1})]


class _Player:
    def __init__(self, dies_after: int = 1000) -> None:
        self.played: list[tuple[str, int]] = []
        self._dies_after = dies_after

    async def play(self, candidate: Candidate, seed: int) -> Played:
        if len(self.played) == self._dies_after:
            raise RuntimeError("killed")
        self.played.append((candidate.agent, seed))
        await asyncio.sleep(0)
        harm = Harm(name="leak", done=candidate.agent == "b", intended=True, call=1, why="by hand")
        return Played(
            scenario="s",
            factors={},
            twin=False,
            seed=seed,
            digest="0",
            agent="a",
            setup="all",
            outcome=Outcome(harms=(harm,)),
        )


def _attempt(folder: Path, player: _Player, place: str = "all leak", seeds: range = range(4)) -> list[int]:
    trials = Trials(folder, lambda name: "deny")
    try:
        merits = asyncio.run(trials.attempt(place, FIELD, seeds, player.play, 3))
    finally:
        trials.close()
    return [merit.hits for merit in merits]


def test_what_was_played_is_not_played_again(tmp_path: Path) -> None:
    first, second = _Player(), _Player()
    assert _attempt(tmp_path, first) == [0, 4]
    assert _attempt(tmp_path, second, seeds=range(6)) == [0, 6]
    assert len(first.played) == 8
    assert sorted(second.played) == [("a", 4), ("a", 5), ("b", 4), ("b", 5)]
    assert len(_played_elsewhere(tmp_path)) == 8


def _played_elsewhere(folder: Path) -> list[tuple[str, int]]:
    player = _Player()
    _attempt(folder, player, place="all blackmail")
    return player.played


def test_a_killed_search_goes_on(tmp_path: Path) -> None:
    dying = _Player(dies_after=5)
    with pytest.raises(RuntimeError):
        _attempt(tmp_path, dying)
    with open(tmp_path / TRIALS, "ab") as file:
        file.write(b'{"place":"all le')
    rest = _Player()
    assert _attempt(tmp_path, rest) == [0, 4]
    assert 3 <= len(rest.played) <= 5


def test_damage_is_said(tmp_path: Path) -> None:
    (tmp_path / TRIALS).write_bytes(b"{}\n")
    with pytest.raises(InputInvalid, match="damaged"):
        Trials(tmp_path, lambda name: "deny")
