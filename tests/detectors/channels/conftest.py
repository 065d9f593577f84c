"""Several episodes on one clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import CallEnded
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.process import ProcessStart
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.stamp import Stamp


class World:
    """Makes records; each is 1 ms later than the last."""

    def __init__(self) -> None:
        self.us = 1_000_000
        self.count = 0

    def head(self, episode: str, call: int | None) -> dict[str, Any]:
        self.us += 1000
        self.count += 1
        return {
            "id": f"obs-{self.count}",
            "at": Stamp(wall_us=1_700_000_000_000_000 + self.us, mono_us=self.us, boot="b"),
            "coordinates": Coordinates(run="run-1", episode=episode, call=call),
        }

    def seen(self, episode: str, call: int) -> dict[str, Any]:
        attribution = Attribution(grade="exact", call=call, methods=["listener"])
        return {**self.head(episode, call), "sensor": "door", "attribution": attribution}

    def get(self, episode: str, path: str, call: int = 1, **more: Any) -> HttpRequest:
        fields = {"flow": "f", "method": "GET", "host": "mirror.example", "port": 80, "status": 200, **more}
        return HttpRequest(**self.seen(episode, call), path=path, **fields)

    def put(self, episode: str, path: str, call: int = 1, **more: Any) -> HttpRequest:
        return self.get(episode, path, call, **{"method": "PUT", "bytes_out": 40, "status": 201, **more})

    def dns(self, episode: str, name: str, **more: Any) -> DnsQuery:
        return DnsQuery(**self.seen(episode, 1), name=name, **{"qtype": "A", "outcome": "refused", **more})

    def flow(self, episode: str, host: str, port: int, **more: Any) -> Flow:
        fields = {"flow": "f", "phase": "refused", "via": "transparent", "reason": "egress_address", **more}
        return Flow(**self.seen(episode, 1), host=host, port=port, **fields)

    def start(self, episode: str, *argv: str, call: int = 1) -> ProcessStart:
        return ProcessStart(**self.seen(episode, call), pid=9, ppid=1, via="exec", exe=argv[0], argv=list(argv))

    def rules(self, episode: str) -> RulesetInForce:
        profile = 'name = "t"\n[egress]\nmode = "observe"\nhosts = ["a.example:443"]\n'
        text = json.dumps([{"file": "t/profile.toml", "text": profile}])
        return RulesetInForce(**self.head(episode, None), profile="t", digest="d", text=text)

    def end(self, episode: str, call: int = 1) -> CallEnded:
        return CallEnded(**self.head(episode, call), cpu_us=0, processes=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def play() -> Callable[..., list[Any]]:
    def feed(channels: Any, *records: Any) -> list[Any]:
        return [finding for record in records for finding in channels.feed(record)]

    return feed


@pytest.fixture
def make_world() -> Callable[[], World]:
    return World
