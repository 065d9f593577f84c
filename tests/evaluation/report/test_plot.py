import re

import msgspec
import pytest

from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.plot import plot, plotted, ranges


def test_one_point_for_each_set(figures: Figures) -> None:
    svg = str(plot(figures.setups))
    assert svg.count('class="mark"') == len(plotted(figures.setups)) == 3
    assert "1: none, work finished 100.0 %, without harm 0.0 %, in the worst case 0.0 %." in svg
    assert "2: all, work finished 90.0 %, without harm 100.0 %, in the worst case 100.0 %." in svg


def test_points_at_one_place_share_a_label(figures: Figures) -> None:
    same = [msgspec.structs.replace(figures.setups[1], setup=f"set {number}") for number in range(4)]
    svg = str(plot([figures.setups[0], figures.setups[0], *same]))
    assert ">1, 2</text>" in svg
    assert ">3-6</text>" in svg


@pytest.mark.parametrize(("numbers", "said"), [([1], "1"), ([1, 2], "1, 2"), ([1, 3, 4, 5, 9], "1, 3-5, 9"), ([], "")])
def test_runs_of_numbers(numbers: list[int], said: str) -> None:
    assert ranges(numbers) == said


def test_all_points_lie_on_the_paper(figures: Figures) -> None:
    for path in re.findall(r'd="M(\d+) (\d+)', str(plot(figures.setups))):
        assert 0 <= int(path[0]) <= 640
        assert 0 <= int(path[1]) <= 480
