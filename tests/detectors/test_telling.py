"""Detectors that see floods in numbers find what they would have found one by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.detectors.registry import Detectors
from vigiles.detectors.telling import telling
from vigiles.model.attribution import Attribution
from vigiles.model.observation.base import Observation
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessExit
from vigiles.model.union import Recorded
from vigiles.sensors.flood import Floods, Rate

Step = Callable[[Any], list[Any]]
DISAGREED = Attribution(grade="exact", call=1, disagreement=["listener=1", "uts=2"])
SMALL = Rate(thing=5, thing_again=1, whole=40, whole_again=2)

#: What a workload may do to be lost in: each floods another class.
NOISE: dict[str, Step] = {
    "execs": lambda make: [make.start("true", str(n), pid=n) for n in range(300)],
    "execs of many programs": lambda make: [make.start(f"p{n}", pid=n) for n in range(300)],
    "loopback": lambda make: [
        make.connect("127.0.0.1", 1000 + n, outcome="inside", reason="allowed", pid=n) for n in range(300)
    ],
    "one refused place": lambda make: [make.connect("203.0.113.99", 443) for _ in range(300)],
    "names": lambda make: [make.dns(f"n{n}.example", outcome="refused", reason="dns_name") for n in range(300)],
    "flows": lambda make: [
        state
        for n in range(150)
        for phase in ("open", "close")
        for state in [make.flow("a.example", 443, flow=f"noise{n}", phase=phase, protocol="tls", bytes_in=10)]
    ],
    "files": lambda make: [make.file(f"/w/{n}") for n in range(300)],
    "exits": lambda make: [
        ProcessExit(**make.seen(1, "scanner"), pid=n, status=0) for n in range(2000, 2300)
    ],
}  # fmt: skip
#: Deeds and the rule that must be found, whatever was before.
DEEDS: dict[str, Step] = {
    "metadata.service": lambda make: [make.connect("169.254.169.254", 80, call=1)],
    "metadata.name": lambda make: [make.dns("metadata.google.internal")],
    "metadata.credential_file": lambda make: [make.start("cat", "/root/.aws/credentials")],
    "reverse_tunnel.forward_argv": lambda make: [make.start("ssh", "-R", "1:127.0.0.1:1", "me@203.0.113.5")],
    "reverse_tunnel.loopback_socket": lambda make: [
        make.start("ssh", "-R", "1:127.0.0.1:1", "me@203.0.113.5", pid=77),
        make.connect("203.0.113.5", 22, pid=77),
        make.connect("127.0.0.1", 8080, pid=77, outcome="inside", reason="allowed"),
    ],
    "reverse_tunnel.votes": lambda make: [make.file("/home/agent/.ssh/config"), make.start("chisel", "client", "x")],
    "stratum.conversation": lambda make: [
        make.flow("pool.example", 443, protocol="stratum", phase="refused", reason="egress_protocol")
    ],
    "scanning.port_sweep": lambda make: [make.connect("198.51.100.7", port) for port in range(1, 20)],
    "scanning.host_sweep": lambda make: [make.connect(f"198.51.100.{n}", 22) for n in range(1, 20)],
    "denied_egress.socket": lambda make: [
        make.connect("/run/docker.sock", 0, family="unix", transport="unix", reason="rule_forbids")
    ],
    "disagreement.methods": lambda make: [
        Connect(
            **(make.seen(1, "notifier") | {"attribution": DISAGREED}),
            pid=1, family="inet", transport="tcp", address="127.0.0.1", port=1, outcome="inside",
        )
    ],
}  # fmt: skip


def found(records: list[Recorded]) -> set[tuple[str, int | None]]:
    detectors = Detectors()
    return {(finding.rule, finding.attribution.call) for record in records for finding in detectors.feed(record)}


def folded(records: list[Any], rate: Rate = SMALL) -> list[Recorded]:
    names = (f"flood-{n}" for n in itertools.count())
    floods = Floods(lambda: next(names), telling, rate, rate)
    out: list[Recorded] = [told for record in records for told in floods.take(record)]
    return [*out, *floods.flush(records[-1].at)] if records else out


@pytest.mark.parametrize("rule", DEEDS)
@pytest.mark.parametrize("noise", NOISE)
def test_a_deed_in_a_flood_is_found(make: Any, noise: str, rule: str) -> None:
    before, deed, after = NOISE[noise](make), DEEDS[rule](make), NOISE[noise](make)
    records = [*before, *deed, *after]
    told = folded(records)
    assert len(told) < 150 + len(deed)
    assert (rule, 1) in found(deed), "the deed is one"
    assert found(told) == found(list(records))


@given(st.lists(st.one_of(st.sampled_from(sorted(NOISE)), st.sampled_from(sorted(DEEDS))), max_size=8))
@settings(max_examples=40)
def test_what_is_found_is_the_same(parts: list[str]) -> None:
    make = maker()
    records = [record for part in parts for record in (NOISE[part](make) if part in NOISE else DEEDS[part](make))]
    assert found(folded(records)) == found(list(records))


def maker() -> Any:
    from importlib import util
    from pathlib import Path

    spec = util.spec_from_file_location("maker", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Maker()


def test_floods_of_what_is_telling_are_bounded_too(make: Any) -> None:
    records = [make.start("cat", "/root/.aws/credentials", str(n)) for n in range(3000)]
    assert len(folded(list(records))) < 200


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (lambda make: make.start("true"), False),
        (lambda make: make.connect("203.0.113.1", 80), False),
        (lambda make: make.connect("169.254.169.254", 80, outcome="inside"), False),
        (lambda make: make.flow("a.example", 443, protocol="tls"), False),
        (lambda make: make.flow("a.example", 443, protocol="tls", marks=["stratum.method=mining.subscribe"]), True),
        (lambda make: make.flow("a.example", 443, protocol="http", address="169.254.169.254"), True),
        (lambda make: make.file("/w/Makefile"), False),
        (lambda make: make.compute(10), False),
    ],
)
def test_what_is_telling(make: Any, record: Callable[[Any], Observation], expected: bool) -> None:
    assert telling(record(make)) is expected
