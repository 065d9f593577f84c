"""The pipeline by itself: what it keeps in memory when there is too much, and what it tells training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import NOBODY
from vigiles.model.claim import Claim
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.sensor import Gap
from vigiles.model.result import Result
from vigiles.model.union import Recorded
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.load import load_profile
from vigiles.runtime import pipeline as module
from vigiles.runtime.pipeline import Pipeline

PLACE = Coordinates(run="run-1", episode="ep-1", turn=1, call=1)


@dataclass
class Paper:
    """A ledger that is a list."""

    records: list[Recorded] = field(default_factory=list)

    def post(self, record: Recorded) -> None:
        self.records.append(record)


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(load_profile("rl-rollout").profile, Paper(), BudgetState(0), lambda *_: None, lambda _: None)


def noise() -> Gap:
    return Gap(id=new_id("obs"), at=now(), coordinates=PLACE, sensor="door", attribution=NOBODY, what="noise", count=1)


def unseen() -> Claim:
    """A claim of a call that never was: a finding and an incident of its own."""
    return Claim(
        id=new_id("clm"), at=now(), coordinates=PLACE, kind="tool_call", source="harness", tool="bash", argv=[new_id("x")]
    )


def result(**options: Any) -> Result:
    return Result(id=new_id("res"), at=now(), act="act-1", outcome="killed", **options)


def test_a_flood_of_records_hides_no_finding(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 100)
    monkeypatch.setattr(module, "_SPARE", 2)
    for _ in range(150):
        pipeline.observe(noise())
    assert (len(pipeline.records), pipeline.dropped) == (100, 50)
    for _ in range(5):
        pipeline.observe(unseen())
    assert len(pipeline.findings()) == 5
    assert len(pipeline.records) == 102, "a little room is left for what is no observation"
    assert len(pipeline.incidents) >= 1


def test_findings_and_incidents_are_bounded_and_counted(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT_FINDINGS", 3)
    monkeypatch.setattr(module, "_KEPT_INCIDENTS", 0)
    for _ in range(5):
        pipeline.observe(unseen())
    assert (len(pipeline.findings()), pipeline.dropped_findings) == (3, 2)
    assert pipeline.incidents == {}
    assert pipeline.dropped_incidents >= 1
    assert isinstance(pipeline.ledger, Paper)
    assert sum(type(record).__name__ == "Finding" for record in pipeline.ledger.records) == 5, "the ledger has all"


@pytest.mark.parametrize(
    ("error", "feedback", "reasons"),
    [
        ("budget_cpu", "mask", ["allowed", "budget_cpu"]),
        ("budget_wall", "mask", ["allowed", "budget_wall"]),
        ("budget_egress", "penalty", ["allowed", "budget_egress"]),
        ("timeout", "nothing", ["allowed"]),
        ("LookupError", "nothing", ["allowed"]),
        ("shutdown", "nothing", ["allowed"]),
        (None, "nothing", ["allowed"]),
    ],
)
def test_a_call_that_a_budget_ended_says_so_to_training(
    pipeline: Pipeline, error: str | None, feedback: str, reasons: list[str]
) -> None:
    pipeline.see(result(coordinates=PLACE, error=error))
    assert pipeline.feedback(1, ["allowed"]) == (feedback, reasons)
    assert pipeline.feedback(2, ["allowed"]) == ("nothing", ["allowed"]), "another call is not to blame"


@pytest.mark.parametrize("place", [None, Coordinates(run="run-1", episode="ep-1")])
def test_a_result_of_no_call_blames_nobody(pipeline: Pipeline, place: Coordinates | None) -> None:
    pipeline.see(result(coordinates=place, error="budget_cpu"))
    assert pipeline.feedback(1, ["allowed"]) == ("nothing", ["allowed"])
