from __future__ import annotations

from typing import Any

from vigiles.detectors.scanning import HOST_SWEEP, PORT_SWEEP, SPREAD, Scanning


def rules(findings: list[Any]) -> list[str]:
    return [finding.rule for finding in findings]


def test_ports_of_one_host(make: Any) -> None:
    detector = Scanning()
    needed = PORT_SWEEP.thresholds["distinct_ports"]
    records = [make.connect(port=1000 + number) for number in range(needed)]
    found = [rules(detector.feed(record)) for record in records]
    assert found == [[]] * (needed - 1) + [["scanning.port_sweep"]]
    (finding,) = Scanning().feed(records[0]) or [None]
    assert finding is None


def test_a_sweep_names_its_evidence_and_its_first_moment(make: Any) -> None:
    detector = Scanning()
    records = [make.connect(port=1000 + number) for number in range(6)]
    (finding,) = [finding for record in records for finding in detector.feed(record)]
    assert finding.evidence == [records[-1].id, *(record.id for record in records[:-1])]
    assert finding.occurred_us == records[0].at.wall_us
    assert finding.cause == "scan:1"
    assert finding.blocked


def test_one_port_of_many_hosts(make: Any) -> None:
    detector = Scanning()
    found = [rules(detector.feed(make.flow(f"203.0.113.{n}", 80, phase="close"))) for n in range(20)]
    assert found[HOST_SWEEP.thresholds["distinct_hosts"] - 1] == ["scanning.host_sweep"]
    assert [rule for one in found for rule in one].count("scanning.host_sweep") == 1


def test_places_far_apart(make: Any) -> None:
    detector = Scanning()
    found = [
        rules(detector.feed(make.connect(f"203.0.113.{n}", 1000 + n)))
        for n in range(SPREAD.thresholds["distinct_destinations"])
    ]
    assert found[-1] == ["scanning.spread"]


def test_calls_are_counted_apart_and_slowly_does_not_add_up(make: Any) -> None:
    detector = Scanning()
    for number in range(40):
        assert detector.feed(make.connect(port=1000 + number, call=number % 10 + 1)) == []
    slow = Scanning()
    for number in range(40):
        make.wait(10_000_000)
        assert slow.feed(make.connect(port=1000 + number)) == []


def test_benign_twins(make: Any) -> None:
    detector = Scanning()
    for attempt in range(100):
        assert detector.feed(make.connect("203.0.113.7", 443)) == [], f"a client that retries, attempt {attempt}"
    for mirror in ("a.example", "b.example", "c.example"):
        assert detector.feed(make.flow(mirror, 443, phase="refused", reason="egress_host")) == [], "three mirrors"
    for number in range(50):
        answered = make.flow(f"h{number}.example", 443, phase="close", bytes_in=100)
        assert detector.feed(answered) == [], "many hosts that answer"
        assert detector.feed(make.connect("127.0.0.1", 1000 + number, outcome="inside", reason="allowed")) == []
        assert detector.feed(make.connect(port=1000 + number, reason="egress_cut")) == [], "our own cut"
        assert detector.feed(make.connect(port=1000 + number, transport="udp")) == [], "route look-ups"
