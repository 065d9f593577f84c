"""Findings made from several episodes reach each of them while it is open, and the ledger when it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vigiles.ledger.mint import new_id, now
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident
from vigiles.model.observation.http import HttpRequest
from vigiles.model.response import ResponseKind
from vigiles.model.union import Recorded
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.load import load_profile
from vigiles.runtime.detecting.across import Across
from vigiles.runtime.pipeline import Pipeline


@dataclass
class Paper:
    records: list[Recorded] = field(default_factory=list)

    def post(self, record: Recorded) -> None:
        self.records.append(record)


class Struck:
    def __init__(self) -> None:
        self.kinds: list[ResponseKind] = []

    def __call__(self, incident: Incident, finding: Finding, kinds: list[ResponseKind]) -> None:
        self.kinds += kinds


def pipeline(across: Across, paper: Paper, struck: Struck) -> Pipeline:
    return Pipeline(
        load_profile("rl-rollout").profile, paper, BudgetState(0), struck, lambda _: None, across=across
    )  # fmt: skip


def request(episode: str, **more: Any) -> HttpRequest:
    where = Coordinates(run="r", episode=episode, call=1)
    fields = {"flow": "f", "host": "mirror.example", "port": 80, "path": "/files/x", "status": 200, **more}
    attribution = Attribution(grade="exact", call=1, methods=["listener"])
    return HttpRequest(id=new_id("obs"), at=now(), coordinates=where, sensor="door", attribution=attribution, **fields)


def put(episode: str) -> HttpRequest:
    return request(episode, method="PUT", bytes_out=50, status=201)


def test_both_episodes_are_told_and_struck() -> None:
    across, paper = Across(), Paper()
    writer, reader = Struck(), Struck()
    one, two = pipeline(across, paper, writer), pipeline(across, paper, reader)
    one.observe(put("a"))
    two.observe(request("b", method="GET"))
    assert [f.coordinates.episode for f in one.findings() if f.coordinates] == ["a"]
    assert [f.coordinates.episode for f in two.findings() if f.coordinates] == ["b"]
    assert "end_episode" in writer.kinds
    assert "end_episode" in reader.kinds
    assert len(one.incidents) == len(two.incidents) == 1
    assert sum(isinstance(record, Finding) for record in paper.records) == 2


def test_an_episode_that_is_over_is_only_written_of() -> None:
    across, paper = Across(), Paper()
    one, two = pipeline(across, paper, Struck()), pipeline(across, paper, Struck())
    one.observe(put("a"))
    one.observe(EpisodeEnded(id=new_id("end"), at=now(), coordinates=Coordinates(run="r", episode="a"), reason="closed"))
    two.observe(request("b", method="GET"))
    assert (len(one.findings()), len(two.findings())) == (0, 1)
    assert {r.coordinates.episode for r in paper.records if isinstance(r, Finding) and r.coordinates} == {"a", "b"}


def test_pipelines_that_share_nothing_hear_nothing_of_each_other() -> None:
    paper = Paper()
    one, two = pipeline(Across(), paper, Struck()), pipeline(Across(), paper, Struck())
    one.observe(put("a"))
    two.observe(request("b", method="GET"))
    assert (one.findings(), two.findings()) == ([], [])
