from collections.abc import Callable

import msgspec

from vigiles.evaluation.grid.folder import Registered
from vigiles.evaluation.grid.line import Line
from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.gather import gather


def test_everything_is_there(figures: Figures, registered: Registered) -> None:
    assert [setup.setup for setup in figures.setups] == ["none", "all", "all-but:flow"]
    assert (figures.episodes, figures.planned, figures.missing) == (110, 110, 0)
    assert figures.digest == registered.digest
    assert len(figures.comparisons) == 2
    assert len(figures.replays) == 1


def test_what_was_not_played_is_missing(registered: Registered, lines: list[Line], classify: Callable[[str], str]) -> None:
    figures = gather(registered, lines[:40], True, classify)
    assert (figures.episodes, figures.missing, figures.torn) == (40, 70, True)
    empty = gather(registered, [], False, classify)
    assert (empty.setups, empty.bars) == ([], [])


def test_the_order_of_lines_does_not_matter(
    registered: Registered, lines: list[Line], classify: Callable[[str], str]
) -> None:
    assert gather(registered, lines[::-1], False, classify) == gather(registered, lines, False, classify)


def test_a_program_can_read_it(figures: Figures) -> None:
    assert msgspec.json.decode(msgspec.json.encode(figures), type=Figures) == figures
