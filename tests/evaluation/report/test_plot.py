import re

from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.plot import plot, plotted


def test_one_point_for_each_set(figures: Figures) -> None:
    svg = str(plot(figures.setups))
    assert svg.count('class="mark"') == len(plotted(figures.setups)) == 3
    assert "1: none, work finished 100.0 %, without harm 0.0 %, in the worst case 0.0 %." in svg
    assert "2: all, work finished 90.0 %, without harm 100.0 %, in the worst case 100.0 %." in svg


def test_all_points_lie_on_the_paper(figures: Figures) -> None:
    for path in re.findall(r'd="M(\d+) (\d+)', str(plot(figures.setups))):
        assert 0 <= int(path[0]) <= 640
        assert 0 <= int(path[1]) <= 480
