from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vigiles.detectors.denied_egress import DeniedEgress
from vigiles.detectors.denied_rules import FOLD_AFTER
from vigiles.model.observation.http import HttpRequest


def shown(findings: list[Any]) -> list[tuple[str, str]]:
    return [(finding.rule.partition(".")[2], finding.severity) for finding in findings]


REFUSED = {"phase": "refused", "via": "connect", "port": 443}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reason": "egress_host"}, ("host", "low")),
        ({"reason": "egress_port"}, ("port", "medium")),
        ({"reason": "egress_address"}, ("address", "medium")),
        ({"reason": "egress_protocol", "protocol": "ssh"}, ("protocol", "high")),
        ({"reason": "egress_protocol", "protocol": "stratum"}, ("protocol", "high")),
        ({"reason": "egress_protocol", "protocol": "silent"}, ("protocol", "low")),
        ({"reason": "egress_protocol", "protocol": "tls"}, ("protocol", "medium")),
        ({"reason": "egress_malformed"}, ("malformed", "medium")),
        ({"reason": "egress_unattributed"}, ("unattributed", "medium")),
        ({"reason": "budget_egress"}, ("budget", "medium")),
        ({"reason": "budget_direction"}, ("budget", "medium")),
        ({"reason": "budget_exfil"}, ("budget", "medium")),
        ({"reason": "request_method"}, ("request", "low")),
        ({"reason": "request_opaque"}, ("request", "low")),
        ({"reason": "request_body"}, ("upload", "medium")),
    ],
)
def test_refused_flows(make: Any, fields: dict[str, Any], expected: tuple[str, str]) -> None:
    (finding,) = DeniedEgress().feed(make.flow("far.example", **{**REFUSED, **fields}))
    assert shown([finding]) == [expected]
    assert finding.blocked
    assert finding.cause == "egress:1:far.example:443"


def test_one_finding_for_each_call_host_port_and_reason(make: Any) -> None:
    detector = DeniedEgress()
    assert len(detector.feed(make.flow("a.example", **REFUSED, reason="egress_host"))) == 1
    assert detector.feed(make.flow("a.example", **REFUSED, reason="egress_host")) == []
    assert len(detector.feed(make.flow("a.example", **REFUSED, reason="egress_protocol", protocol="ssh"))) == 1
    assert len(detector.feed(make.flow("b.example", **REFUSED, reason="egress_host"))) == 1
    assert len(detector.feed(make.flow("a.example", **REFUSED, reason="egress_host", call=2))) == 1


def test_connect_and_flow_to_one_place_share_a_cause(make: Any) -> None:
    detector = DeniedEgress()
    detector.feed(make.dns("far.example", answers=["203.0.113.10"]))
    (connect,) = detector.feed(make.connect("203.0.113.10", 443))
    (flow,) = detector.feed(make.flow("far.example", **REFUSED, reason="egress_host"))
    assert connect.cause == flow.cause


def test_names(make: Any) -> None:
    detector = DeniedEgress()
    refused = {"outcome": "refused", "reason": "dns_name"}
    assert shown(detector.feed(make.dns("far.example", **refused))) == [("name", "low")]
    assert detector.feed(make.dns("FAR.example.", **refused)) == []
    assert shown(detector.feed(make.dns("x.example", outcome="refused", reason="dns_budget"))) == [("dns_budget", "medium")]


def test_sockets_that_lead_out(make: Any) -> None:
    detector = DeniedEgress()
    unix = {"family": "unix", "transport": "unix", "reason": "rule_forbids", "port": 0}
    assert shown(detector.feed(make.connect("/run/docker.sock", **unix))) == [("socket", "medium")]
    assert shown(detector.feed(make.connect("@other", **unix))) == [("socket", "low")]
    assert shown(detector.feed(make.connect("vsock", 0, family="other", transport="other"))) == [("socket", "medium")]
    assert shown(detector.feed(make.connect("8.8.8.8", 53, transport="udp"))) == [("udp", "low")]


def test_a_flood_in_one_call_is_folded(make: Any) -> None:
    detector = DeniedEgress()
    found = [
        finding for number in range(500) for finding in detector.feed(make.connect(f"203.0.{number % 7}.{number % 250}", 80))
    ]
    assert len(found) == FOLD_AFTER + 1
    assert (found[-1].rule, found[-1].cause) == ("denied_egress.many", "scan:1")
    assert len(detector.feed(make.connect("203.0.113.99", 80, call=2))) == 1, "another call has its own count"
    grave = make.flow("late.example", **REFUSED, reason="egress_protocol", protocol="ssh")
    assert len(detector.feed(grave)) == 1, "what is grave is never folded"


def test_in_an_observing_cell_what_would_be_refused_is_found_milder(make: Any) -> None:
    detector = DeniedEgress()
    detector.feed(make.ruleset("mirror.example:443"))
    seen = {"reason": "allowed_observe", "via": "connect", "protocol": "tls"}
    assert detector.feed(make.flow("mirror.example", 443, **seen)) == []
    (host,) = detector.feed(make.flow("paste.example", 443, **seen))
    assert (host.rule, host.severity, host.blocked) == ("denied_egress.host", "info", False)
    (address,) = detector.feed(make.flow("203.0.113.50", 80, **seen))
    assert (address.rule, address.severity) == ("denied_egress.address", "low")
    assert detector.feed(make.dns("paste.example", reason="allowed_observe")) == []


def test_a_flood_that_was_let_through_is_not_called_refused(make: Any) -> None:
    detector = DeniedEgress()
    detector.feed(make.ruleset("mirror.example:443"))
    flows = [make.flow(f"h{number}.example", 443, reason="allowed_observe", protocol="tls") for number in range(20)]
    *single, many = [finding for flow in flows for finding in detector.feed(flow)]
    assert len(single) == FOLD_AFTER
    assert (many.rule, many.blocked, many.severity) == ("denied_egress.many", False, "low")
    assert "let through" in many.summary


def test_where_the_profile_names_nothing_nothing_is_unexpected(make: Any) -> None:
    detector = DeniedEgress()
    detector.feed(make.ruleset())
    assert detector.feed(make.flow("any.example", 443, reason="allowed_observe")) == []


@pytest.mark.parametrize("reason", ["egress_cut", "episode_frozen", "episode_ended", "shutdown"])
def test_what_follows_from_our_own_answer_is_no_finding(make: Any, reason: str) -> None:
    assert DeniedEgress().feed(make.flow("a.example", **REFUSED, reason=reason)) == []
    assert DeniedEgress().feed(make.connect(reason=reason)) == []


def test_benign_twins(make: Any) -> None:
    detector = DeniedEgress()
    assert detector.feed(make.flow("mirror.example", 443, phase="close", via="connect", protocol="tls", bytes_in=9)) == []
    assert detector.feed(make.connect("203.0.113.10", 443, outcome="door", reason="allowed")) == []
    assert detector.feed(make.dns("mirror.example", answers=["203.0.113.20"])) == []
    refused = {"outcome": "refused", "reason": "dns_name"}
    for name in ("build-host", "build-host.local", "10.113.0.203.in-addr.arpa", "wpad.lan", "host.internal"):
        assert detector.feed(make.dns(name, **refused)) == [], "libraries look up their own host"
    assert detector.feed(make.dns("mirror.example", qtype="HTTPS", **refused)) == [], "a browser asks for more than it needs"
    assert detector.feed(make.connect("203.0.113.20", 443, transport="udp")) == [], "getaddrinfo sorts answered addresses"


def test_a_request_that_is_only_observed_is_found_a_step_milder(make: Any) -> None:
    fields = {"flow": "f", "method": "PUT", "host": "m.example", "port": 80, "path": "/x", "unenforced": "request_body"}
    request = HttpRequest(**make.seen(1, "door"), **fields)
    (finding,) = DeniedEgress().feed(request)
    assert (finding.rule, finding.severity, finding.blocked) == ("denied_egress.upload", "low", False)
    refused = msgspec.structs.replace(request, unenforced=None, reason="request_body")
    assert DeniedEgress().feed(refused) == [], "its flow tells of it"
