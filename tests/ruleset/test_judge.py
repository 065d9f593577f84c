from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.model.act import Act, ActKind, ProcessSpec
from vigiles.model.coordinates import Coordinates
from vigiles.model.plain import plain, text
from vigiles.model.stamp import Stamp
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.judge import Judge, PrincipalRef, arguments_entity, context_of
from vigiles.ruleset.layer import Source
from vigiles.ruleset.load import load_profile, schema
from vigiles.ruleset.profile import Budgets, Profile
from vigiles.ruleset.rules import parse_rules

AGENT = PrincipalRef(kind="agent", name="agent")
FRESH = BudgetState(opened_us=0)
RULES = """
@id("work") permit (principal is Agent, action in [Action::"process", Action::"tool_call", Action::"message"], resource);
@id("red-team") permit (principal is Person, action, resource)
when { principal.hasTag("team") && principal.getTag("team") == "red" };
@id("no-sudo") forbid (principal, action == Action::"process", resource) when { context.program == "sudo" };
@id("no-force") @reason("egress_protocol") forbid (principal, action == Action::"process", resource)
when { context.program == "git" && context.argv.contains("--force") };
@id("mail-waits") @decision("hold") forbid (principal, action == Action::"message", resource);
@id("no-etc") @decision("stop") forbid (principal, action, resource)
when { context.arguments.hasTag("path") && context.arguments.getTag("path") like "/etc/*" };
@id("launch-waits") @decision("hold") forbid (principal, action == Action::"job_launch", resource);
@id("shim-only") forbid (principal, action == Action::"process", resource == Tool::"inner") unless { context.via == "shim" };
"""


def judge_of(rules: str, profile: Profile | None = None) -> Judge:
    parsed, mistakes = parse_rules([Source(name="p/rules.cedar", path="p", text=rules)])
    assert mistakes == []
    return Judge(profile or Profile(name="p"), parsed)


JUDGE = judge_of(RULES)


@pytest.mark.parametrize(
    ("act", "decision", "reason", "rules"),
    [
        ({"kind": "process", "argv": ["/bin/ls"]}, "allow", "allowed", ["work"]),
        ({"kind": "process", "argv": ["/usr/bin/sudo", "ls"]}, "deny", "rule_forbids", ["no-sudo"]),
        ({"kind": "process", "argv": ["sudo"]}, "deny", "rule_forbids", ["no-sudo"]),
        ({"kind": "process", "argv": ["pseudo"]}, "allow", "allowed", ["work"]),
        ({"kind": "process", "argv": ["git", "push", "--force"]}, "deny", "egress_protocol", ["no-force"]),
        ({"kind": "process", "argv": ["git", "push", "--force-with-lease"]}, "allow", "allowed", ["work"]),
        ({"kind": "process", "argv": ["a"], "tool": "inner"}, "deny", "rule_forbids", ["shim-only"]),
        ({"kind": "process", "argv": ["a"], "tool": "inner", "via": "shim"}, "allow", "allowed", ["work"]),
        ({"kind": "tool_call"}, "allow", "allowed", ["work"]),
        ({"kind": "tool_call", "arguments": {"path": "/etc/x"}}, "stop", "rule_forbids", ["no-etc"]),
        ({"kind": "tool_call", "arguments": {"path": "/home/x"}}, "allow", "allowed", ["work"]),
        ({"kind": "tool_call", "arguments": {"path": ["/etc/x"]}}, "allow", "allowed", ["work"]),
        ({"kind": "message"}, "hold", "rule_forbids", ["mail-waits"]),
        ({"kind": "message", "arguments": {"path": "/etc/x"}}, "stop", "rule_forbids", ["mail-waits", "no-etc"]),
        ({"kind": "artifact_load"}, "deny", "rule_missing", []),
        # Approving a held act would permit what nothing permits; so it is not held.
        ({"kind": "job_launch"}, "deny", "rule_missing", []),
        ({"kind": "approval"}, "deny", "rule_missing", []),
    ],
)
def test_rules_decide(
    act: dict[str, Any], decision: str, reason: str, rules: list[str], make_act: Callable[..., Act]
) -> None:
    judgement = JUDGE.judge(make_act(**act), AGENT, FRESH)
    assert (judgement.decision, judgement.reason, judgement.rules) == (decision, reason, rules)
    assert (judgement.arguments, judgement.unenforced) == (None, None)


@pytest.mark.parametrize("name", ["agent", 'a"b', "a\\", "日本", "a\0b", "\u202eevil", 'x" || true || "'])
def test_names_are_data(name: str, make_act: Callable[..., Act]) -> None:
    principal = PrincipalRef(kind="agent", name=name, attributes={name: name})
    act = make_act("tool_call", tool=name, arguments={"__entity": name, "uid": name})
    assert JUDGE.judge(act, principal, FRESH).decision == "allow"
    assert JUDGE.judge(act, PrincipalRef(kind="service", name=name), FRESH).reason == "rule_missing"


def test_attributes_are_the_gates_not_the_acts(make_act: Callable[..., Act]) -> None:
    red = PrincipalRef(kind="person", name="p", attributes={"team": "red"})
    assert JUDGE.judge(make_act("approval"), red, FRESH).decision == "allow"
    act = make_act("approval", arguments={"team": "red"})
    assert JUDGE.judge(act, PrincipalRef(kind="person", name="p"), FRESH).decision == "deny"


def test_what_cannot_be_put_to_cedar_is_denied(make_act: Callable[..., Act]) -> None:
    for act in (make_act(arguments={"a": "\ud800"}), make_act("process", argv=["\udcff"]), make_act(tool="\ud800")):
        assert JUDGE.judge(act, AGENT, FRESH).reason == "judge_error"
        assert JUDGE.judge(act, AGENT, FRESH).decision == "deny"


def test_a_rule_that_fails_denies(make_act: Callable[..., Act]) -> None:
    # The schema check would refuse this rule; a judge made without it must still not let a broken forbid pass.
    judge = judge_of(
        '@id("a") permit (principal, action, resource);\n@id("b") forbid (principal, action, resource) when { context.x };'
    )
    judgement = judge.judge(make_act(), AGENT, FRESH)
    assert (judgement.decision, judgement.reason, judgement.rules) == ("deny", "judge_error", ["b"])


def test_budgets_come_after_rules(make_act: Callable[..., Act]) -> None:
    judge = judge_of(RULES, Profile(name="p", budgets=Budgets(calls=0)))
    assert judge.judge(make_act(), AGENT, FRESH).reason == "budget_calls"
    assert judge.judge(make_act("process", argv=["sudo"]), AGENT, FRESH).reason == "rule_forbids"


def test_observe_refuses_nothing_and_says_what_it_would(make_act: Callable[..., Act]) -> None:
    judge = judge_of(RULES, Profile(name="p", mode="observe", budgets=Budgets(calls=0)))
    stopped = judge.judge(make_act(arguments={"path": "/etc/x"}), AGENT, FRESH)
    assert (stopped.decision, stopped.reason, stopped.unenforced, stopped.rules) == (
        "allow", "allowed_observe", "rule_forbids", ["no-etc"],
    )  # fmt: skip
    assert judge.judge(make_act(), AGENT, FRESH).unenforced == "budget_calls"


def test_the_same_question_has_the_same_answer(make_act: Callable[..., Act]) -> None:
    act = make_act("process", argv=["git", "push"])
    assert JUDGE.judge(act, AGENT, FRESH) == judge_of(RULES).judge(act, AGENT, BudgetState(opened_us=0))


WORDS = st.text(max_size=12).map(text)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ACTS = st.builds(
    lambda kind, tool, argv, arguments, call, cwd, task: Act(
        id="a",
        at=Stamp(wall_us=0, mono_us=0, boot="b"),
        coordinates=Coordinates(run="r", episode="e", call=call, task=task),
        principal="p",
        kind=kind,
        tool=tool,
        arguments={str(key): value for key, value in plain(arguments).items()},
        process=ProcessSpec(argv=argv, cwd=cwd) if kind == "process" else None,
    ),
    st.sampled_from(
        ["tool_call", "process", "message", "file_change", "artifact_load", "job_launch", "approval", "response"]
    ),
    WORDS,
    st.lists(WORDS, max_size=4),
    st.dictionaries(st.text(max_size=5), VALUES, max_size=3),
    st.none() | st.integers(1, 2**53 - 1),
    st.none() | WORDS,
    st.none() | WORDS,
)


@given(ACTS)
def test_every_act_fits_the_schema_that_rules_are_checked_against(act: Act) -> None:
    """Rules are checked against the schema when loaded, and acts are not; so no act may ever differ from it."""
    import cedarpy

    entities = msgspec.json.encode([arguments_entity(act.arguments)]).decode()
    answer = cedarpy.is_authorized(
        {
            "principal": {"type": "Agent", "id": "a"},
            "action": {"type": "Action", "id": act.kind},
            "resource": {"type": "Tool", "id": act.tool},
            "context": msgspec.json.encode(context_of(act)).decode(),
        },
        '@id("all") permit (principal, action, resource);',
        cedarpy.Entities.from_json_str(entities, schema()),
        schema(),
    )
    assert answer.allowed, answer.diagnostics.errors
    assert JUDGE.judge(act, AGENT, FRESH).reason != "judge_error"


def test_arguments_become_text() -> None:
    values = {"s": "x", "n": 3, "b": True, "z": None, "l": [1, "a"], "d": {"b": 1, "a": 2}}
    assert arguments_entity(plain(values))["tags"] == {
        "s": "x", "n": "3", "b": "true", "z": "null", "l": '[1,"a"]', "d": '{"a":2,"b":1}',
    }  # fmt: skip


def test_the_schema_knows_every_kind_of_act() -> None:
    from typing import get_args

    for kind in get_args(ActKind):
        assert kind in schema()


def test_importing_the_judge_does_not_import_cedar() -> None:
    import subprocess
    import sys

    code = "import sys, vigiles.ruleset.load, vigiles.ruleset.judge; sys.exit('cedarpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_a_shipped_judge_is_quick(make_act: Callable[..., Act]) -> None:
    """Not a benchmark: a decision that takes milliseconds means that something is parsed each time."""
    import time

    judge = load_profile("rl-rollout").judge
    act = make_act("process", argv=["bash", "-c", "ls"], arguments={"path": "/x"})
    times = []
    for _ in range(200):
        began = time.perf_counter()
        judge.judge(act, AGENT, FRESH)
        times.append(time.perf_counter() - began)
    assert sorted(times)[20] < 0.001


def test_context_is_json(make_act: Callable[..., Act]) -> None:
    context = context_of(make_act("process", argv=["/usr/bin/env", "a", "a"], cwd="/w"))
    assert json.loads(json.dumps(context)) == {
        "call": 1, "arguments": {"__entity": {"type": "Arguments", "id": "act"}}, "argv0": "/usr/bin/env", "program": "env",
        "argv": ["/usr/bin/env", "a", "a"], "via": "api", "cwd": "/w",
    }  # fmt: skip
    assert Path(context["argv0"]).name == context["program"]
