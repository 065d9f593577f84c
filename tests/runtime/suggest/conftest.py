"""Records of an observed run: honest work, and beside it a miner, a metadata look-up and a tunnel."""

from __future__ import annotations

from typing import Any

import pytest

from vigiles.detectors.registry import Detectors
from vigiles.ledger.mint import new_id
from vigiles.model.act import Act, ProcessSpec
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import CallEnded, EpisodeEnded
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flow import Flow
from vigiles.model.result import Result
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.stamp import Stamp
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.load import load_profile


class Run:
    """Makes records, a second apart."""

    def __init__(self) -> None:
        self.records: list[Recorded] = []
        self.s = 0

    def head(self, prefix: str, call: int | None = 1) -> dict[str, Any]:
        self.s += 1
        us = 1_700_000_000_000_000 + self.s * 1_000_000
        return {
            "id": new_id(prefix),
            "at": Stamp(wall_us=us, mono_us=self.s * 1_000_000, boot="b"),
            "coordinates": Coordinates(run="run-1", episode="ep-1", call=call),
        }

    def act(self, *argv: str, call: int = 1, kind: Any = "process", reason: Any = "allowed") -> None:
        process = ProcessSpec(argv=list(argv)) if kind == "process" else None
        act = Act(**self.head("act", call), principal="agent", kind=kind, tool=argv[0].rpartition("/")[2], process=process)
        self.records += [
            act,
            Verdict(**self.head("ver", call), act=act.id, decision="allow", reason=reason, ruleset="ab" * 32),
            Result(**self.head("res", call), act=act.id, outcome="performed", wall_us=4_000_000, cpu_us=2_000_000),
            CallEnded(**self.head("cal", call), cpu_us=2_000_000, processes=1),
        ]

    def seen(self, call: int) -> dict[str, Any]:
        attribution = Attribution(grade="exact", call=call, methods=["listener"])
        return {**self.head("obs", call), "sensor": "door", "attribution": attribution}

    def flow(self, host: str, port: int = 443, call: int = 1, **more: Any) -> None:
        fields = {"flow": f"f{self.s}", "phase": "close", "via": "connect", "protocol": "tls", "address": "203.0.113.7"}
        fields |= {"bytes_out": 1000, **more}
        self.records.append(Flow(**self.seen(call), host=host, port=port, **fields))

    def done(self) -> list[Recorded]:
        self.records.append(EpisodeEnded(**self.head("rec", None), reason="closed"))
        detectors = Detectors()
        return [one for record in self.records for one in (record, *detectors.feed(record))]


@pytest.fixture
def making() -> Run:
    run = Run()
    observe = load_profile("observe")
    run.records.append(RulesetInForce(**run.head("rul", None), profile="observe", digest=observe.digest, text=observe.text))
    return run


@pytest.fixture
def observed(making: Run) -> list[Recorded]:
    making.act("/usr/bin/python3", "-m", "pytest")
    making.flow("packages.example", protocol="tls")
    making.flow("API.example", 8443, protocol="http", bytes_out=50_000_000)
    making.act("lookup", call=2, kind="tool_call")
    making.act('./evil\x1b") || true', call=3)
    making.act("model.bin", call=4, kind="artifact_load", reason="allowed_observe")
    making.flow("pool.example", 3333, 3, protocol="stratum", marks=["stratum.method=mining.subscribe"])
    making.flow("169.254.169.254", 80, 3, protocol="http", address="169.254.169.254")
    making.flow("inside.example", 443, 3, address="10.0.0.7")
    making.flow("git.example", 22, 3, protocol="ssh")
    making.flow("bad_host!", 443, 3)
    making.records.append(DnsQuery(**making.seen(3), name="only-asked.example", qtype="A", outcome="answered"))
    making.records.append(
        FileChange(**making.seen(1), path="/w/.git/hooks/pre-commit", change="created", flags=["git_hook"])
    )
    return making.done()
