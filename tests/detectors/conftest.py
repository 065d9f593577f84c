"""A maker of records, so that a test says only what matters to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vigiles.model.act import Act, ProcessSpec
from vigiles.model.attribution import Attribution
from vigiles.model.claim import Claim
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flow import Chunk, Flow
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessStart
from vigiles.model.result import Result
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.stamp import Stamp


class Maker:
    """Makes records of one episode; every one is 1 ms later than the last."""

    def __init__(self, episode: str = "ep-1") -> None:
        self.episode = episode
        self.us = 1_000_000
        self.count = 0

    def wait(self, us: int) -> None:
        self.us += us

    def head(self, prefix: str, call: int | None) -> dict[str, Any]:
        self.us += 1000
        self.count += 1
        return {
            "id": f"{prefix}-{self.episode}-{self.count}",
            "at": Stamp(wall_us=1_700_000_000_000_000 + self.us, mono_us=self.us, boot="boot"),
            "coordinates": Coordinates(run="run-1", episode=self.episode, turn=1, call=call),
        }

    def seen(self, call: int | None, sensor: str) -> dict[str, Any]:
        grade = "exact" if call is not None else "none"
        return {**self.head("obs", call), "sensor": sensor, "attribution": Attribution(grade=grade, call=call)}

    def flow(self, host: str = "203.0.113.10", port: int = 22, call: int | None = 1, **more: Any) -> Flow:
        sizes = more.pop("sizes", None)
        fields = {"flow": f"flow-{host}-{port}", "phase": "open", "via": "transparent", **more}
        if sizes is not None:
            fields["chunks"] = chunks(sizes)
        return Flow(**self.seen(call, "door"), host=host, port=port, **fields)

    def connect(self, address: str = "203.0.113.10", port: int = 22, call: int | None = 1, **more: Any) -> Connect:
        fields = {"pid": 100, "family": "inet", "transport": "tcp", "outcome": "refused", "reason": "egress_address", **more}
        return Connect(**self.seen(call, "notifier"), address=address, port=port, **fields)

    def dns(self, name: str, call: int | None = 1, **more: Any) -> DnsQuery:
        return DnsQuery(**self.seen(call, "door"), name=name, **{"qtype": "A", "outcome": "answered", **more})

    def start(self, *argv: str, call: int | None = 1, **more: Any) -> ProcessStart:
        fields = {"pid": 100, "ppid": 1, "via": "exec", "exe": f"/usr/bin/{argv[0].rpartition('/')[2]}", **more}
        return ProcessStart(**self.seen(call, "notifier"), argv=list(argv), **fields)

    def compute(self, cpu_us: int, call: int = 1, interval_us: int = 500_000, ended: bool = True, **more: Any) -> Compute:
        self.wait(interval_us)
        fields = {"total_us": cpu_us, "processes": 1, **more}
        return Compute(**self.seen(call, "scanner"), cpu_us=cpu_us, interval_us=interval_us, ended=ended, **fields)

    def file(self, path: str, call: int | None = 1, change: str = "created") -> FileChange:
        return FileChange(**self.seen(call, "overlay"), path=path, change=change)  # type: ignore[arg-type]  # a literal

    def act(self, *argv: str, call: int = 1, tool: str = "bash") -> Act:
        return Act(
            **self.head("act", call), principal="agent", kind="process", tool=tool, process=ProcessSpec(argv=list(argv))
        )

    def result(self, act: Act, **more: Any) -> Result:
        call = act.coordinates.call if act.coordinates else None
        return Result(**self.head("res", call), act=act.id, **{"outcome": "performed", "exit_code": 0, **more})

    def claim(self, kind: str = "tool_call", **more: Any) -> Claim:
        return Claim(**self.head("rec", None), kind=kind, source="harness", **more)  # type: ignore[arg-type]  # a literal

    def ruleset(self, *hosts: str, mode: str = "observe") -> RulesetInForce:
        listed = json.dumps(list(hosts))
        text = f'name = "t"\n[egress]\nmode = "{mode}"\nhosts = {listed}\n'
        files = json.dumps([{"file": "t/profile.toml", "text": text}])
        return RulesetInForce(**self.head("rec", None), profile="t", digest="d", text=files)


def chunks(sizes: str) -> list[Chunk]:
    """Read ``o41 i41 ~i92``: direction and size, 1 ms apart, ``~`` a silence of one second before."""
    made, at = [], 0
    for word in sizes.split():
        at += 1_000_000 if word.startswith("~") else 1000
        word = word.lstrip("~")
        made.append(Chunk(at_us=at, direction="o" if word[0] == "o" else "i", size=int(word[1:])))
    return made


@pytest.fixture
def make() -> Maker:
    return Maker()
