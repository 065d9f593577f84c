"""The four shipped profiles: what each must answer, whatever its text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vigiles.model.act import Act
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.egress import decide_address, decide_host
from vigiles.ruleset.explain import explain_file
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile, shipped

AGENT = PrincipalRef(kind="agent", name="a")
PERSON = PrincipalRef(kind="person", name="p")
VIGILES = PrincipalRef(kind="service", name="vigiles")
OTHER = PrincipalRef(kind="service", name="other")
ENFORCING = [name for name in shipped() if name != "observe"]


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize(
    ("principal", "kind", "allowed"),
    [
        (AGENT, "process", True),
        (AGENT, "tool_call", True),
        (AGENT, "message", True),
        (AGENT, "file_change", True),
        (PERSON, "process", True),
        (AGENT, "artifact_load", False),
        (AGENT, "job_launch", False),
        (AGENT, "approval", False),
        (AGENT, "response", False),
        (VIGILES, "response", True),
        (PERSON, "response", True),
        (PERSON, "approval", True),
        (OTHER, "response", False),
        (VIGILES, "process", False),
    ],
)
def test_who_may_ask(name: str, principal: PrincipalRef, kind: str, allowed: bool, make_act: Callable[..., Act]) -> None:
    judgement = load_profile(name).judge.judge(make_act(kind), principal, BudgetState(opened_us=0))
    if name == "observe":
        assert judgement.decision == "allow"
        assert (judgement.unenforced is None) == allowed
    else:
        assert (judgement.decision == "allow") == allowed


@pytest.mark.parametrize("name", ENFORCING)
def test_nothing_is_reached_until_somebody_lists_it(name: str) -> None:
    egress = load_profile(name).profile.egress
    assert egress.hosts == []
    assert egress.pins == {}
    assert decide_host(egress, "packages.example.org", 443) == "egress_host"
    assert decide_host(egress, "169.254.169.254", 80) == "egress_address"


def test_observe_blocks_nothing() -> None:
    profile = load_profile("observe").profile
    assert (profile.mode, profile.egress.mode) == ("observe", "observe")
    assert decide_address(profile.egress, "169.254.169.254", 80, "169.254.169.254") == "allowed_observe"
    assert all(getattr(profile.budgets, name) is None for name in profile.budgets.__struct_fields__)
    responses = profile.responses
    assert {kind for severity in ("info", "low", "medium", "high", "critical") for kind in responses.kinds(severity)} == {
        "notify"
    }


def test_violations_are_answered() -> None:
    for severity in ("high", "critical"):
        rollout = load_profile("rl-rollout").profile.responses.kinds(severity)
        assert rollout[:3] == ["cut_egress", "freeze", "end_episode"], "the snapshot is taken before the end"
        for name in ("coding-agent", "no-network"):
            assert load_profile(name).profile.responses.kinds(severity)[:2] == ["cut_egress", "freeze"]
            assert "end_episode" not in load_profile(name).profile.responses.kinds(severity)


@pytest.mark.parametrize(
    ("name", "path", "outcome"),
    [
        ("coding-agent", ".git/hooks/pre-commit", "held"),
        ("coding-agent", "CLAUDE.md", "held"),
        ("coding-agent", "Makefile", "applied"),
        ("no-network", ".vscode/tasks.json", "held"),
        ("rl-rollout", ".git/hooks/pre-commit", "applied"),
        ("observe", ".git/hooks/pre-commit", "applied"),
    ],
)
def test_risky_files(name: str, path: str, outcome: str) -> None:
    assert explain_file(load_profile(name), path).outcome.startswith(outcome)


def test_no_credentials_are_let_in() -> None:
    for name in shipped():
        for variable in load_profile(name).profile.environment.allow:
            assert not any(word in variable for word in ("KEY", "TOKEN", "SECRET", "AUTH", "SOCK", "PASS", "PRELOAD"))


def test_limits_of_a_rollout_are_all_set() -> None:
    budgets = load_profile("rl-rollout").profile.budgets
    only_in_tier_r = {"memory_bytes_cell"}
    assert all(getattr(budgets, name) for name in budgets.__struct_fields__ if name not in only_in_tier_r)


def test_rollout_feedback_names_real_rules_and_every_grave_one() -> None:
    """What a door refused has its reason code's feedback; every other grave finding must be named."""
    from vigiles.detectors.registry import rules

    named = {key for key in load_profile("rl-rollout").profile.feedback if "." in key}
    assert named <= {rule.id for rule in rules()}
    grave = {rule.id for rule in rules() if rule.severity in ("high", "critical") and rule.detector != "denied_egress"}
    assert grave <= named
