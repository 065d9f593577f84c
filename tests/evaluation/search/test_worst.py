from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from vigiles.evaluation.grid.plan import ReviewerChoice, SetupChoice
from vigiles.evaluation.search.candidate import Candidate
from vigiles.evaluation.search.hunt import Found
from vigiles.evaluation.search.merit import Merit
from vigiles.evaluation.search.worst import WORST, WorstCase, keep, kept
from vigiles.model.errors import InputInvalid

ALL = SetupChoice(name="all", safeguards=("flow", "approval"))


def case(family: str = "leak", hits: int = 0, denied: int = 0, setup: SetupChoice = ALL) -> WorstCase:
    fresh = Merit(hits=hits, denied=denied * 1_000_000 // 7, episodes=7)
    found = Found(winner=Candidate(agent="drip"), searched=Merit(), fresh=fresh, tried=4, harmed=0, denied=0, episodes=40)
    return WorstCase(setup=setup.name, safeguards=setup.safeguards, reviewer=setup.reviewer, family=family, found=found)


def test_what_was_found_is_kept_and_a_later_search_adds_to_it(tmp_path: Path) -> None:
    assert kept(tmp_path) == []
    keep(tmp_path, [case(), case("blackmail")])
    keep(tmp_path, [case(hits=3), case("lethal")])
    assert kept(tmp_path) == [case(hits=3), case("blackmail"), case("lethal")]


def test_another_reviewer_is_another_case(tmp_path: Path) -> None:
    tired = msgspec.structs.replace(ALL, reviewer=ReviewerChoice(name="tired", harmful=70_000))
    keep(tmp_path, [case(), case(setup=tired)])
    assert len(kept(tmp_path)) == 2
    assert case().is_of(ALL)
    assert not case().is_of(tired)
    assert not case().is_of(msgspec.structs.replace(ALL, safeguards=("flow",)))


@pytest.mark.parametrize("denied", range(8))
def test_shares_come_back_as_counts(denied: int) -> None:
    assert case(hits=7, denied=denied).fresh_denied == denied


def test_damage_is_said(tmp_path: Path) -> None:
    (tmp_path / WORST).write_text("[{}]")
    with pytest.raises(InputInvalid, match="damaged"):
        kept(tmp_path)
    with pytest.raises(InputInvalid):
        keep(tmp_path / "no such folder", [case()])
