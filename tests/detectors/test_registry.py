from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest

from vigiles.detectors.interface import Detector
from vigiles.detectors.registry import ACROSS, DETECTORS, Detectors, rules
from vigiles.model.attribution import Attribution
from vigiles.model.canonical import encode
from vigiles.model.credential import CredentialsHeld, Placeholder
from vigiles.model.episode import EpisodeEnded
from vigiles.model.honey import HoneyPlaced
from vigiles.model.union import Recorded, decode
from vigiles.protocols.honey import token_of

USED = "o41 i41 o1448 o112 i1088 o1208 i1448 i116 o16 o44 i44 o60 i76 o140 i100 o308 i28 o68 o60 i412 i28 ~i92 o44"


SSH_IN_TLS = "tls.first=o57,i57,o1521,i1097,o1225,i1581,o33,o61,i61,o85,i69,o389,i349,o509,i45,o85,o77,i45"
HONEY = "Zk3vQ9xT1mB7yL5wR2pCa8Nd4Fh6Jg0K"
CONTRADICTED = Attribution(grade="exact", call=1, methods=["listener"], disagreement=["listener=1", "uts=2"])


@pytest.fixture
def ledger(make: Any) -> list[Recorded]:
    """An episode in which every detector has something to find."""
    act = make.act("sh", "-c", "run")
    return [
        make.ruleset("mirror.example:443"),
        act,
        HoneyPlaced(**make.head("hon", None), salt="aa", tokens=[token_of("file:.netrc", HONEY, b"\xaa")]),
        CredentialsHeld(
            **make.head("crd", None),
            salt="aa",
            placeholders=[Placeholder(token=token_of("api", HONEY, b"\xaa"), hosts=["api.example:443"])],
        ),
        make.flow("203.0.113.50", 443, protocol="http", marks=["credential.elsewhere=api"], phase="refused"),
        make.start("sh", "-c", "run", via="launch"),
        make.start("tool", f"--key={HONEY}"),
        make.start("ssh", "-NR", "9022:localhost:22", "203.0.113.10"),
        make.flow("203.0.113.10", 22, protocol="ssh", reason="allowed_observe", sizes=USED),
        make.flow("pool.example", 3333, protocol="stratum", reason="allowed_observe", marks=["stratum.method=login"]),
        *[make.connect("203.0.113.40", 1000 + number) for number in range(8)],
        make.flow("m.example", 443, protocol="tls", reason="allowed_observe", marks=[SSH_IN_TLS]),
        make.flow("169.254.169.254", 80, via="proxy", protocol="http", reason="allowed_observe"),
        make.result(act, stdout_sha256="0" * 64),
        make.claim("output", act=act.id, output_sha256="1" * 64),
        make.dns("note.t.evil.example", carried_bytes=2500, names_below=40, reason="allowed_observe"),
        *[make.compute(500_000) for _ in range(6)],
        msgspec.structs.replace(make.connect("127.0.0.1", 80), attribution=CONTRADICTED),
    ]


def run(records: list[Recorded]) -> list[bytes]:
    detectors = Detectors()
    return [encode(finding) for record in records for finding in detectors.feed(record)]


def test_every_detector_finds_its_part(ledger: list[Recorded]) -> None:
    found = {decode(data).detector for data in run(ledger)}  # type: ignore[union-attr]  # all are findings
    assert found == {rule.detector for rule in rules()} - {make_one().name for make_one in ACROSS}


@pytest.mark.parametrize("make_one", DETECTORS, ids=lambda one: one.name)
def test_what_a_detector_does_not_take_means_nothing_to_it(make_one: Callable[[], Detector], ledger: list[Recorded]) -> None:
    def play(records: list[Recorded]) -> list[bytes]:
        detector = make_one()
        return [encode(finding) for record in records for finding in detector.feed(record)]

    taken = [record for record in ledger if isinstance(record, make_one().takes)]
    assert len(taken) < len(ledger)
    assert play(ledger) == play(taken) != []


@pytest.mark.parametrize("name", sorted(kind.__struct_config__.tag for kind in get_args(Recorded)))
def test_no_detector_learns_from_a_type_that_it_does_not_take(name: str) -> None:
    (kind,) = [kind for kind in get_args(Recorded) if kind.__struct_config__.tag == name]
    for make_one in DETECTORS:
        if not issubclass(kind, make_one().takes):
            source = inspect.getsource(sys.modules[make_one.__module__])
            assert f"isinstance(record, {kind.__name__})" not in source
            assert f"record: {kind.__name__}" not in source


def test_a_replay_gives_the_same_findings_byte_for_byte(ledger: list[Recorded]) -> None:
    first = run(ledger)
    again = run([decode(encode(record)) for record in ledger])
    assert first == again
    ids = [decode(data).id for data in first]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"fnd-[0-9a-f]{16}", one) for one in ids)


def test_evidence_begins_with_the_completing_record_and_names_only_what_was_recorded(ledger: list[Recorded]) -> None:
    detectors = Detectors()
    seen = set()
    for record in ledger:
        seen.add(record.id)
        for finding in detectors.feed(record):
            assert finding.evidence[0] == record.id
            assert finding.at == record.at
            assert set(finding.evidence) <= seen
            assert finding.occurred_us <= finding.at.wall_us


def test_findings_in_the_ledger_are_not_fed_again(ledger: list[Recorded]) -> None:
    detectors = Detectors()
    with_findings: list[Recorded] = []
    for record in ledger:
        with_findings += [record, *detectors.feed(record)]
    assert run(with_findings) == run(ledger)


def test_episodes_do_not_mix_and_memory_is_bounded(ledger: list[Recorded], make: Any) -> None:
    other = type(make)("ep-2")
    detectors = Detectors(episodes=2)
    for number in range(8):
        side = make if number % 2 else other
        assert [f.rule for f in detectors.feed(side.connect("203.0.113.1", 100 + number)) if f.detector == "scanning"] == []
    ended = EpisodeEnded(**make.head("rec", None), reason="closed")
    detectors.feed(ended)
    detectors.feed(type(make)("ep-3").connect())
    assert sorted(episode for _, episode in detectors._episodes) == ["ep-2", "ep-3"], "the ended one went first"


def test_rules_are_complete_and_named_apart() -> None:
    every = rules()
    assert len({rule.id for rule in every}) == len(every)
    for rule in every:
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", rule.id)
        assert rule.techniques
        assert all(re.fullmatch(r"T\d{4}(\.\d{3})?|AML\.T\d{4}(\.\d{3})?", one) for one in rule.techniques)
        assert rule.source
        assert rule.author


def test_cost_of_a_record_that_means_nothing(ledger: list[Recorded], make: Any) -> None:
    detectors = Detectors()
    for number in range(20_000):
        detectors.feed(make.flow(f"h{number}.example", 443, protocol="tls", bytes_in=1, phase="close"))
    state = next(iter(detectors._episodes.values()))
    assert all(
        len(memory) <= 4096 for detector in state for memory in vars(detector).values() if hasattr(memory, "first_time")
    )
