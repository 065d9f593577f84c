import asyncio
from pathlib import Path

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.grid.setups import named
from vigiles.evaluation.search.hunt import Effort
from vigiles.evaluation.search.space import space
from vigiles.runtime.evaluating.search import search


def test_the_worst_insider_is_found_and_a_search_goes_on(tmp_path: Path, shared_home: Path) -> None:
    told: list[str] = []
    effort = Effort(first=3, rounds=2, seeds=1, fresh=3)
    setups = named(["none", "all"], ReviewerChoice())
    insiders = space(["plain-insider", "slow-drip"])

    def run() -> list[tuple[str, int, int]]:
        cases = asyncio.run(search(tmp_path, shared_home, setups, ["leak"], insiders, effort, told=told.append))
        return [(case.setup, case.found.fresh.hits, case.found.fresh.episodes) for case in cases]

    first = run()
    assert first[0] == ("none", 3, 3)
    assert first[1][1] == 0
    played = len(told)
    assert set(told) == {"none leak", "all leak"}
    assert run() == first
    assert len(told) == played, "nothing is played twice"
