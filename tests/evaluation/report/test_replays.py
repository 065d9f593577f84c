from collections.abc import Callable

from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.grid.plan import Plan
from vigiles.evaluation.report.replays import replays
from vigiles.evaluation.report.tally import tally


def test_planted_is_counted(plan: Plan, lines: list[Line], classify: Callable[[str], str]) -> None:
    (row,) = replays(tally(plan, lines, classify))
    assert row.replay.startswith("replay: ")
    assert (row.planted, row.counted.hits, row.counted.trials, row.unequal) == (2, 2, 5, 0)


def test_the_same_number_in_other_episodes_is_not_the_same(
    plan: Plan, play: Callable[..., list[Line]], classify: Callable[[str], str]
) -> None:
    lines = play(lambda cell, seed: "leak" if seed in (2, 3) else None)
    (row,) = replays(tally(plan, lines, classify))
    assert (row.planted, row.counted.hits, row.unequal) == (2, 2, 2)
