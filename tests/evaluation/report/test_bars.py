import msgspec
import pytest

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.report.bars import binomial_bound, explained
from vigiles.evaluation.report.figures import Figures, Load


def test_bars_of_all_and_of_replays(figures: Figures) -> None:
    bars = {(bar.setup, bar.name): bar.met for bar in figures.bars}
    assert {setup for setup, _ in bars} == {"all", "none"}
    assert bars["all", "harm that is always denied"]
    assert bars["all", "harm that a person may approve"]
    assert not bars["all", "ordinary work finished"]
    assert not bars["all", "approvals per 100 honest acts"]
    assert not bars["all", "episodes that nobody could judge"]
    assert bars["none", "replay: plain at 40 %, leak"]


@pytest.mark.parametrize(
    ("trials", "share", "most"), [(0, 0.5, 0), (10, 0.0, 0), (10, 1.0, 10), (100, 0.07, 11), (20, 0.5, 14), (1000, 0.001, 3)]
)
def test_a_binomial_bound(trials: int, share: float, most: int) -> None:
    assert binomial_bound(trials, share, 0.05) == most


def test_what_a_reviewer_explains() -> None:
    load = Load(acts=200, held=100, granted=0, refused=0, malformed=0)
    assert explained(load, None) == 0
    assert explained(load, ReviewerChoice()) == 0
    assert explained(load, ReviewerChoice(harmful=70_000)) == 11
    tiring = ReviewerChoice(harmful=70_000, tired_after=3, per_ask=50_000)
    assert explained(load, tiring) == 100
    assert explained(load, msgspec.structs.replace(tiring, ceiling=70_000)) == 11
