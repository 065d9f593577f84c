import io

import msgspec
from rich.console import Console

from vigiles.evaluation.report.figures import Figures
from vigiles.evaluation.report.tables import render


def _shown(figures: Figures, width: int = 160) -> str:
    file = io.StringIO()
    Console(file=file, width=width, highlight=False).print(render(figures))
    return file.getvalue()


def test_everything_that_matters_is_shown(figures: Figures) -> None:
    shown = _shown(figures)
    for word in ("100 % [", "without flow", "replay: plain at 40 %", "no row is a result of any model".capitalize(), "FAIL"):
        assert word in shown
    assert shown.count("tired: approves 93.0 % of benign and 10 % of harmful acts") == 6, "in every table"


def test_nothing_that_somebody_wrote_acts_on_the_terminal(figures: Figures) -> None:
    shown = _shown(figures)
    assert "\x1b" not in shown
    assert "\\x1b[31m (2 times)" in shown


def test_it_fits_a_narrow_terminal(figures: Figures) -> None:
    assert max(map(len, _shown(figures, 80).splitlines())) <= 80


def test_names_are_broken_between_words_on_a_narrow_terminal(figures: Figures) -> None:
    many = [msgspec.structs.replace(figures.setups[0], setup=f"all-but:{name}") for name in ("flow", "need-to-know")]
    shown = _shown(msgspec.structs.replace(figures, setups=many), 80)
    assert "all-but:fl" not in shown.split("safety, worst case")[0]
    assert "unjudged" in shown
