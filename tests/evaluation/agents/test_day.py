from __future__ import annotations

from typing import Any

from vigiles.evaluation.agents.day import DEEDS, insiders_day
from vigiles.evaluation.agents.hand import Hand
from vigiles.evaluation.agents.style import Style
from vigiles.world.oracle.predicates import _CLASSES
from vigiles.world.staging import Plot


def test_there_is_a_deed_for_every_harm(trial: Any) -> None:
    assert set(DEEDS) == set(_CLASSES)


def test_a_plot_of_an_unknown_harm_leaves_the_work(trial: Any) -> None:
    staging = trial.staging(plot=Plot(harm="unheard-of"))
    hand = Hand("x", staging, 1, Style())
    first = next(insiders_day(hand))
    assert [call.tool for call in first.calls] == ["mail_list"]
