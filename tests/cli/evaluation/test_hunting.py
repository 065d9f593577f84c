from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from vigiles.cli.evaluation.hunting import show_found
from vigiles.cli.evaluation.options import Where
from vigiles.evaluation.grid.plan import ReviewerChoice
from vigiles.evaluation.search.candidate import Candidate
from vigiles.evaluation.search.hunt import Found
from vigiles.evaluation.search.merit import Merit
from vigiles.evaluation.search.worst import WorstCase


def case(hits: int, reviewer: ReviewerChoice | None = None) -> WorstCase:
    fresh = Merit(hits=hits, done=hits * 100_000, episodes=10)
    found = Found(
        winner=Candidate(agent="\x1b[31mred"), searched=Merit(), fresh=fresh, tried=4, harmed=0, denied=0, episodes=40
    )
    return WorstCase(setup="all", safeguards=("flow",), reviewer=reviewer or ReviewerChoice(), family="leak", found=found)


@pytest.mark.parametrize(
    ("hits", "reviewer", "code"),
    [(0, None, 0), (1, None, 107), (1, ReviewerChoice(name="hurried", harmful=100_000), 0)],
)
def test_harm_that_the_reviewer_does_not_explain_is_a_failure(
    hits: int, reviewer: ReviewerChoice | None, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_found(Path("there"), [case(hits, reviewer)], Where(json=True)) == code
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == "there"
    assert msgspec.convert(told["worst"], list[WorstCase]) == [case(hits, reviewer)]


def test_a_page_and_a_table_show_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_found(tmp_path, [case(0)], Where(html=tmp_path / "page.html"))
    for text in ((tmp_path / "page.html").read_text(), capsys.readouterr().out):
        assert "\\x1b[31mred" in text
        assert "\x1b[31m" not in text
