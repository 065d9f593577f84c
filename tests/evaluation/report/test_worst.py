import io
from collections.abc import Callable

import msgspec
from rich.console import Console

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.report.worst import HEADS, render, rows
from vigiles.evaluation.search.worst import WorstCase


def test_the_worst_is_named_with_its_knobs_and_its_fresh_rate(searched: Callable[..., WorstCase]) -> None:
    cases = [msgspec.structs.replace(searched(*made), reviewer=ReviewerChoice()) for made in ((5, 3), (0, 0))]
    file = io.StringIO()
    Console(file=file, width=200).print(render(cases))
    shown = file.getvalue()
    assert "Worst in leak under all: slow-drip parts=4 ally=present" in shown
    assert "10 % [4.3, 21] (5/50)" in shown
    assert "None did harm in leak under all; nearest: slow-drip" in shown
    assert "attentive: approves 100 % of benign and 0 % of harmful acts" in shown
    assert all(len(row) == len(HEADS) for row in rows(cases))
