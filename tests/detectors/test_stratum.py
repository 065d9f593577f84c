from __future__ import annotations

from typing import Any

from vigiles.detectors.stratum import Stratum


def test_the_first_mining_record_is_the_finding(make: Any) -> None:
    detector = Stratum()
    assert detector.feed(make.flow(port=3333, protocol="unknown")) == []
    (finding,) = detector.feed(make.flow(port=3333, protocol="stratum", marks=["stratum.method=mining.subscribe"]))
    assert (finding.rule, finding.severity, finding.blocked) == ("stratum.conversation", "high", False)
    assert finding.techniques == ["T1496", "AML.T0034.002"]
    assert finding.cause == "egress:1:203.0.113.10:3333"
    assert "mining.subscribe" in finding.summary
    assert detector.feed(make.flow(port=3333, protocol="stratum", phase="close")) == []


def test_mining_inside_something_else_is_mining(make: Any) -> None:
    (finding,) = Stratum().feed(make.flow(port=443, via="connect", protocol="http", marks=["stratum.method=login"]))
    assert "inside http" in finding.summary


def test_refused_mining_is_found_as_refused_and_again_when_it_gets_through(make: Any) -> None:
    detector = Stratum()
    refused = {"port": 443, "via": "connect", "protocol": "stratum", "phase": "refused", "reason": "egress_protocol"}
    assert [finding.blocked for finding in detector.feed(make.flow(**refused))] == [True]
    assert detector.feed(make.flow(**refused)) == []
    assert [finding.blocked for finding in detector.feed(make.flow(port=443, via="connect", protocol="stratum"))] == [False]
    assert detector.feed(make.flow(**refused)) == []


def test_benign_twin_json_rpc_of_other_kinds(make: Any) -> None:
    detector = Stratum()
    for protocol in ("http", "other", "tls", "silent", "unknown"):
        assert detector.feed(make.flow(port=3333, protocol=protocol, marks=["http.host=jobs.example", "stratum"])) == []
