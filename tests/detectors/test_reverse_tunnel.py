from __future__ import annotations

import shlex
from typing import Any

import pytest

from vigiles.detectors.reverse_tunnel import ReverseTunnel

SETUP = "o41 i41 o1448 o112 i1088 o1208 i1448 i116 o16 o44 i44 o60 i76 o140 i100 o308 i28 "
FORWARD = SETUP + "o68 o60 i412 i28"
USED = SETUP + "o60 i412 ~i92 o44 i76 o76"
SHELL = SETUP + "o112 i412 i44 o376 i108 i92 ~o36 i36 ~o36 i36"
PUSHED = "o1 i1 " * 4 + "~i100 o100 " * 3


def rules(findings: list[Any]) -> list[str]:
    return [finding.rule.partition(".")[2] for finding in findings]


def test_an_executed_ssh_r_is_a_finding_at_once(make: Any) -> None:
    start = make.start("ssh", "-NfR", "9022:localhost:22", "-p", "443", "far.example")
    (finding,) = ReverseTunnel().feed(start)
    assert finding.rule == "reverse_tunnel.forward_argv"
    assert finding.severity == "high"
    assert finding.cause == "egress:1:far.example:443"
    assert finding.evidence == [start.id]
    assert finding.attribution == start.attribution
    assert finding.occurred_us == start.at.wall_us
    assert "T1572" in finding.techniques


def test_command_line_and_flow_meet_in_one_cause_by_the_names_that_were_looked_up(make: Any) -> None:
    detector = ReverseTunnel()
    detector.feed(make.dns("far.example", answers=["203.0.113.10"]))
    (said,) = detector.feed(make.start("ssh", "-R", "1:a:1", "far.example"))
    (seen,) = detector.feed(make.flow("203.0.113.10", 22, protocol="ssh", sizes=FORWARD))
    assert said.cause == seen.cause == "egress:1:far.example:22"


def test_each_kind_is_told_once_for_a_destination(make: Any) -> None:
    detector = ReverseTunnel()
    flow = make.flow(protocol="ssh", sizes=USED)
    assert rules(detector.feed(flow)) == ["server_leads"]
    assert detector.feed(make.flow(protocol="ssh", sizes=USED, phase="update")) == []
    assert rules(detector.feed(make.flow(protocol="ssh", sizes=USED, call=2))) == ["server_leads"]


def test_what_was_refused_is_told_again_when_it_gets_through(make: Any) -> None:
    detector = ReverseTunnel()
    refused = make.flow(port=443, via="connect", protocol="ssh", phase="refused", reason="egress_protocol")
    assert [finding.blocked for finding in detector.feed(refused)] == [True]
    assert detector.feed(refused) == []
    through = make.flow(port=443, via="connect", protocol="ssh")
    assert [finding.blocked for finding in detector.feed(through)] == [False]
    assert detector.feed(refused) == []


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"port": 443, "via": "connect", "protocol": "ssh"}, "ssh_through_proxy"),
        ({"port": 443, "via": "connect", "protocol": "http", "marks": ["ssh.client=SSH-2.0-x"]}, "ssh_through_proxy"),
        ({"protocol": "ssh", "reason": "egress_host", "phase": "refused"}, "ssh_to_unnamed_host"),
        ({"protocol": "ssh", "sizes": FORWARD}, "forward_request"),
        ({"protocol": "ssh", "sizes": USED}, "server_leads"),
    ],
)
def test_flows(make: Any, fields: dict[str, Any], rule: str) -> None:
    assert rules(ReverseTunnel().feed(make.flow(**fields))) == [rule]


def test_in_an_observing_cell_only_hosts_that_the_profile_names_are_expected(make: Any) -> None:
    detector = ReverseTunnel()
    detector.feed(make.ruleset("git.example:22"))
    assert detector.feed(make.flow("git.example", 22, protocol="ssh", reason="allowed_observe", sizes=SHELL)) == []
    other = make.flow("far.example", 22, protocol="ssh", reason="allowed_observe", sizes=SHELL)
    assert rules(detector.feed(other)) == ["ssh_to_unnamed_host"]
    silent = ReverseTunnel()
    silent.feed(make.ruleset())
    assert silent.feed(other) == []


@pytest.mark.parametrize(
    "line",
    [
        "git clone git@git.example:a/b.git",
        "ssh git@git.example git-upload-pack 'a/b.git'",
        "scp -P 22 file git.example:",
        "rsync -aR src/ git.example:/srv/",
        "ssh git.example",
        "ssh -NL 8080:localhost:80 git.example",
        "grep -R 9022:localhost:22 docs",
        "ssh-keygen -R git.example",
        "ngrok --version",
        "nc -lk 8080",
        "nc -zv localhost 80",
        "socat TCP-LISTEN:80,fork TCP:localhost:8080",
    ],
)
def test_benign_twins_of_command_line_and_flow(make: Any, line: str) -> None:
    detector = ReverseTunnel()
    detector.feed(make.ruleset("git.example:22", mode="allow"))
    assert detector.feed(make.start(*shlex.split(line))) == []
    assert detector.feed(make.flow("git.example", 22, protocol="ssh", reason="allowed", sizes=SHELL)) == []


def test_a_used_tunnel_shows_by_its_second_socket(make: Any) -> None:
    detector = ReverseTunnel()
    assert detector.feed(make.start("ssh", "-F", "cfg", "far.example", pid=7)) == []
    assert detector.feed(make.connect("127.0.0.1", 8080, pid=7, outcome="inside", reason="allowed")) == []
    assert detector.feed(make.connect("203.0.113.10", 22, pid=7, outcome="door", reason="allowed")) == []
    assert detector.feed(make.connect("127.0.0.1", 6010, pid=7, outcome="inside", reason="allowed")) == []
    (finding,) = detector.feed(make.connect("127.0.0.1", 8080, pid=7, outcome="inside", reason="allowed"))
    assert finding.rule == "reverse_tunnel.loopback_socket"
    assert finding.cause == "egress:1:far.example:22"


def test_ssh_to_this_side_and_other_programs_may_use_loopback(make: Any) -> None:
    detector = ReverseTunnel()
    detector.feed(make.start("ssh", "-p", "2222", "localhost", pid=7))
    detector.feed(make.connect("203.0.113.10", 443, pid=8, outcome="door", reason="allowed"))
    assert detector.feed(make.connect("127.0.0.1", 2222, pid=7, outcome="inside", reason="allowed")) == []
    assert detector.feed(make.connect("127.0.0.1", 2223, pid=7, outcome="inside", reason="allowed")) == []
    assert detector.feed(make.connect("127.0.0.1", 8080, pid=8, outcome="inside", reason="allowed")) == []


def test_one_weak_sign_is_nothing_and_two_kinds_are_a_finding(make: Any) -> None:
    detector = ReverseTunnel()
    tool = make.start("chisel", "client", "far.example:443", "R:9022:localhost:22")
    assert detector.feed(tool) == []
    assert detector.feed(make.start("chisel", "client", "far.example:443", "R:1")) == []
    flow = make.flow("far.example", 443, via="connect", protocol="tls", sizes=PUSHED)
    (finding,) = detector.feed(flow)
    assert finding.rule == "reverse_tunnel.votes"
    assert finding.evidence == [flow.id, tool.id]
    assert finding.occurred_us == tool.at.wall_us
    assert detector.feed(make.flow("far.example", 443, via="connect", protocol="tls", sizes=PUSHED)) == []


def test_votes_of_different_calls_do_not_add_up(make: Any) -> None:
    detector = ReverseTunnel()
    assert detector.feed(make.start("frpc", "-c", "f.ini", call=1)) == []
    assert detector.feed(make.flow("far.example", 443, call=2, protocol="tls", sizes=PUSHED)) == []


def test_honest_servers_that_push_are_no_finding(make: Any) -> None:
    detector = ReverseTunnel()
    detector.feed(make.ruleset("git.example:22"))
    flow = make.flow("chat.example", 443, protocol="tls", reason="allowed_observe", sizes=PUSHED)
    assert detector.feed(flow) == []


def test_a_forward_hidden_in_a_configuration_file_shows_by_file_and_background_ssh(make: Any) -> None:
    detector = ReverseTunnel()
    assert detector.feed(make.file("/home/a/.ssh/config", call=1)) == []
    assert detector.feed(make.start("ssh", "git@git.example", "git-upload-pack", "x", call=2)) == []
    assert rules(detector.feed(make.start("ssh", "-N", "far", call=3))) == ["votes"]


def test_a_renamed_ssh_is_a_vote(make: Any) -> None:
    detector = ReverseTunnel()
    assert detector.feed(make.start("helper", "-NR", "9022:localhost:22", "far.example")) == []
    refused = make.flow("far.example", 22, phase="refused", reason="egress_host", protocol="unknown")
    (finding,) = detector.feed(refused)
    assert (finding.rule, finding.blocked) == ("reverse_tunnel.votes", True)
