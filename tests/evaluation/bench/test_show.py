from __future__ import annotations

from rich.console import Console

from vigiles.evaluation.bench.bench import Bench, Line
from vigiles.evaluation.bench.figures import Figures
from vigiles.evaluation.bench.show import table


def test_every_figure_stands_in_the_table_and_names_cannot_paint() -> None:
    told = Figures(
        harmful=3, harmless=9, auroc=0.871, low=0.8, high=0.93, at_1=0.5, at_5=0.61, hard=0.7, hard_runs=4, by_turn=0.9
    )
    none = Figures(harmful=0, harmless=9, auroc=None)
    lines = (
        Line(data="x\x1b[31m", way="as shipped", part="both", figures=told),
        Line(data="y", way="w", part=None, figures=none),
    )
    made = Bench(sets={}, unlabelled=0, version="1", digest="ab" * 32, made_of="m", lines=lines)
    console = Console(width=140, no_color=True)
    with console.capture() as captured:
        console.print(table(made))
    text = captured.get()
    for expected in ("0.871 (0.80–0.93)", "0.700 (4)", "0.50", "0.61", "0.900", "3 + 9", "control", "–"):
        assert expected in text
    assert "\x1b[31m" not in text
