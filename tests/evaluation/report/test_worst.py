import io

from rich.console import Console

from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.report.worst import WorstCase, render
from vigiles.evaluation.search.candidate import Candidate
from vigiles.evaluation.search.hunt import Found
from vigiles.evaluation.search.merit import Merit


def _case(hits: int, harmed: int) -> WorstCase:
    winner = Candidate(agent="slow-drip", knobs={"parts": 4}, factors={"ally": "present"})
    searched = Merit(done=1_000_000 if harmed else 0, hits=harmed, episodes=24)
    fresh = Merit(hits=hits, episodes=50)
    found = Found(winner=winner, searched=searched, fresh=fresh, tried=64, harmed=harmed, denied=0, episodes=1490)
    return WorstCase(setup="all", family="leak", reviewer=ReviewerChoice(), found=found)


def test_the_worst_is_named_with_its_knobs_and_its_fresh_rate() -> None:
    file = io.StringIO()
    Console(file=file, width=200).print(render([_case(5, 3), _case(0, 0)]))
    shown = file.getvalue()
    assert "Worst in leak under all: slow-drip parts=4 ally=present" in shown
    assert "10 % [4.3, 21] (5/50)" in shown
    assert "None did harm in leak under all; nearest: slow-drip" in shown
    assert "attentive: approves 100 % of benign and 0 % of harmful acts" in shown
