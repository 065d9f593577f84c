from __future__ import annotations

import unicodedata
from typing import Any, get_args

import pytest

from vigiles.incidents.page.facts import Facts
from vigiles.incidents.page.wording import MEANING, kind, wording
from vigiles.model.episode import CallEnded
from vigiles.model.feedback import FeedbackValue
from vigiles.model.observation.process import ProcessExit
from vigiles.model.observation.sensor import Gap
from vigiles.model.union import Recorded


def test_every_record_of_an_episode_is_told_in_words(facts: Facts, reading: Any) -> None:
    lines = {kind(record): wording(record) for _, record in facts.story}
    assert lines["verdict"] == "verdict: allow (allowed), by base.process"
    assert lines["finding"].startswith("finding, high, by reverse_tunnel.forward_request (let through): ssh asked")
    assert lines["incident"].endswith("high, open, contained")
    assert lines["episode opened"] == "episode opened for agent-a, profile observe, tier U"
    assert lines["episode ended"] == "episode ended: response, 1 process killed"
    assert lines["cell ready"] == "cell ready in tier U; 2 of 2 forbidden tries stopped"
    assert "penalty: a negative reward (reverse_tunnel.forward_argv)" in lines["feedback"]
    assert all(unicodedata.category(char) not in ("Cc", "Cf") for line in lines.values() for char in line)


@pytest.mark.parametrize(
    ("build", "line"),
    [
        (lambda make: ProcessExit(**make.seen(), pid=7, status=9), "process 7 ended, status 9"),
        (lambda make: Gap(**make.seen(), what="binds\x1b", count=3), "notifier did not see 3 observations: binds\\x1b"),
        (
            lambda make: CallEnded(**make.head("rec"), cpu_us=5, processes=1),
            "last process of the call gone: 1 process, 5 us of CPU",
        ),
    ],
)  # fmt: skip
def test_others(build: Any, line: str, make: Any) -> None:
    record: Recorded = build(make)
    assert wording(record) == line


def test_each_value_of_feedback_has_a_meaning() -> None:
    assert set(MEANING) == set(get_args(FeedbackValue))
