from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.model.act import Act
from vigiles.ruleset.explain import explain_act, explain_connect, explain_file
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile

TEXT = """
extends = "rl-rollout"
[egress]
hosts = ["a.example:443"]
[egress.pins]
"a.example:443" = "127.0.0.1"
"""


def test_an_act_is_answered_with_the_rule_and_its_place(
    make_profile: Callable[..., Path], make_act: Callable[..., Act]
) -> None:
    rules = '\n@id("no-sudo")\nforbid (principal, action == Action::"process", resource) when { context.program == "sudo" };'
    folder = make_profile(TEXT, rules)
    answer = explain_act(
        load_profile(folder), make_act("process", argv=["sudo"], mono_us=10**12), PrincipalRef(kind="agent", name="a")
    )
    assert (answer.decision, answer.reason, answer.feedback) == ("deny", "rule_forbids", "penalty")
    (rule,) = answer.rules
    assert (rule.id, rule.file, rule.line) == ("no-sudo", str(folder / "rules.cedar"), 2)
    assert answer.limits["calls"] == 500
    assert "refused" in answer.says


@pytest.mark.parametrize(
    ("host", "port", "address", "allowed", "reason", "note"),
    [
        ("a.example", 443, None, True, "allowed", ""),
        ("A.EXAMPLE", 443, "127.0.0.1", True, "allowed", ""),
        ("a.example", 443, "192.0.2.1", False, "egress_address", "not the pinned"),
        ("a.example", 80, None, False, "egress_port", ""),
        ("b.example", 443, None, False, "egress_host", ""),
        ("a.example.", 443, None, False, "egress_malformed", "dot"),
    ],
)
def test_a_connection_is_answered(
    host: str, port: int, address: str | None, allowed: bool, reason: str, note: str, make_profile: Callable[..., Path]
) -> None:
    answer = explain_connect(load_profile(make_profile(TEXT, None)), host, port, address)
    assert (answer.allowed, answer.reason) == (allowed, reason)
    assert note in answer.note


def test_a_refused_range_is_named(make_profile: Callable[..., Path]) -> None:
    ruleset = load_profile(make_profile('[egress]\nmode = "allow"\nhosts = ["b.example:1"]'))
    assert "refused range" in explain_connect(ruleset, "b.example", 1, "10.0.0.1").note
    assert "resolves to" in explain_connect(ruleset, "b.example", 1).note


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        ('workdir = "read_only"', "refused"),
        ('workdir = "direct"', "made at once"),
        ('apply = "discard"', "discarded"),
        ('apply = "all"', "applied"),
        ('apply = "review"', "held"),
        ('apply = "review"\nheld = ["build"]', "applied"),
    ],
)
def test_a_file_is_answered(files: str, outcome: str, make_profile: Callable[..., Path]) -> None:
    answer = explain_file(load_profile(make_profile(f"[files]\n{files}")), ".git/hooks/x")
    assert answer.flags == ["git_hook"]
    assert answer.outcome.startswith(outcome)
