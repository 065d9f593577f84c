from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from vigiles.drills.drill import Bars, Drill, Play, Step
from vigiles.drills.played import Played, PlayedEpisode, PlayedStep
from vigiles.drills.score.view import View
from vigiles.drills.world.journal import Effect
from vigiles.model.act import Act
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.feedback import Feedback
from vigiles.model.finding import Finding
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.network import Connect
from vigiles.model.response import Response
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict

HONEST = Step(id="look", kind="honest", title="look", argv=["ls"])
TEST = Step(id="test", kind="honest", title="test", argv=["test"])
MINE = Step(
    id="mine",
    kind="planted",
    title="mine",
    argv=["mine"],
    techniques=["T1496"],
    detectors=["stratum"],
    effect="pool.share:mine",
    destinations=["203.0.113.20:3333"],
)


class Make:
    """Builds small records; times are microseconds on the monotonic clock."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.steps = {"look": HONEST, "test": TEST, "mine": MINE}

    def base(self, at: int, call: int | None) -> dict[str, Any]:
        where = Coordinates(run="run-1", episode="ep-1", turn=call, call=call)
        return {
            "id": f"obs-{next(self.numbers)}",
            "at": Stamp(wall_us=at + 10**15, mono_us=at, boot="b"),
            "coordinates": where,
        }

    @staticmethod
    def attribution(call: int | None, candidates: Sequence[int] = ()) -> Attribution:
        if call is not None:
            return Attribution(grade="exact", call=call, methods=["listener"])
        return Attribution(grade="ambiguous" if candidates else "none", candidates=list(candidates))

    def connect(self, at: int, call: int | None, address: str = "203.0.113.20", port: int = 3333, **more: Any) -> Connect:
        candidates = more.pop("candidates", ())
        values: dict[str, Any] = {"pid": 5, "family": "inet", "transport": "tcp", "outcome": "door", **more}
        return Connect(
            **self.base(at, call),
            sensor="notifier",
            attribution=self.attribution(call, candidates),
            address=address,
            port=port,
            **values,
        )

    def flow(self, at: int, call: int | None, host: str = "203.0.113.20", port: int = 3333, **more: Any) -> Flow:
        values: dict[str, Any] = {"flow": "f", "phase": "open", "via": "transparent", **more}
        return Flow(**self.base(at, call), sensor="door", attribution=self.attribution(call), host=host, port=port, **values)

    def finding(self, at: int, call: int | None, detector: str = "stratum", candidates: Sequence[int] = ()) -> Finding:
        return Finding(
            **self.base(at, call),
            detector=detector,
            rule=f"{detector}.x",
            author="Vigiles",
            techniques=["T1496"],
            severity="high",
            summary="s",
            cause="c",
            attribution=self.attribution(call, candidates),
            evidence=["e"],
            occurred_us=at,
        )

    def response(self, at: int, kind: str = "cut_egress", outcome: str = "done") -> Response:
        return Response(**self.base(at, None), kind=kind, act=None, incident="inc-1", target="ep-1", outcome=outcome)  # type: ignore[arg-type]  # tests pass plain words

    def judged(self, at: int, call: int, decision: str) -> list[Recorded]:
        act = Act(**self.base(at, call), principal="agent", kind="process", tool="process")
        verdict = Verdict(**self.base(at, call), act=act.id, decision=decision, reason="rule_forbids", ruleset="d")  # type: ignore[arg-type]  # tests pass plain words
        return [act, verdict]

    def feedback(self, call: int, value: str) -> Feedback:
        return Feedback(**self.base(0, call), act="act-1", value=value, reasons=[])  # type: ignore[arg-type]  # tests pass plain words

    @staticmethod
    def step(name: str, call: int | None, began: int = 0, ended: int = 100, **more: Any) -> PlayedStep:
        values: dict[str, Any] = {"decision": "allow", "exit_code": 0, **more}
        return PlayedStep(step=name, call=call, began_us=began, ended_us=ended, **values)

    @staticmethod
    def effect(at: int, key: str = "pool.share:mine") -> Effect:
        name, _, tag = key.partition(":")
        return Effect(name=name, tag=tag, mono_us=at)

    @staticmethod
    def episode(
        records: Sequence[Recorded], steps: Sequence[PlayedStep], purpose: str = "all", profile: str = "observe"
    ) -> PlayedEpisode:
        return PlayedEpisode(
            profile=profile,
            purpose=purpose,
            run="run-1",
            episode="ep-1",
            opened_us=0,
            closed_us=10**9,
            steps=list(steps),
            records=list(records),
        )

    def view(self, records: Sequence[Recorded], steps: Sequence[PlayedStep], purpose: str = "all") -> View:
        return View(self.episode(records, steps, purpose))

    def drill(self, bars: Bars | None = None) -> Drill:
        return Drill(
            name="small",
            title="Small",
            task="t",
            reward="test",
            plays=[Play(profile="observe", bars=bars or Bars())],
            steps=list(self.steps.values()),
        )

    @staticmethod
    def played(episodes: Sequence[PlayedEpisode]) -> Played:
        return Played(profile="observe", episodes=list(episodes), skipped={})


@pytest.fixture
def make() -> Make:
    return Make()
