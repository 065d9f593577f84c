from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from vigiles.cli.rules.explain import Question, command, run
from vigiles.model.errors import InputInvalid


def explain(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, standalone_mode=False, catch_exceptions=False)
    assert result.return_value == 0
    return result.output


def explained(*arguments: str) -> Any:
    return json.loads(explain(*arguments, "--json"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["--action", "process", "--tool", "bash", "--arg", "ls"],
            ["allow (allowed)", "by rule work", "rules.cedar:3", "permit ("],
        ),
        (["--action", "approval"], ["deny (rule_forbids)", "by rule agents-judge-nothing", "the agent is told", "penalty"]),
        (["--action", "job_launch"], ["deny (rule_missing)", "no rule fits", "calls 500"]),
        (["--action", "response", "--tool", "freeze", "--principal", "service:vigiles"], ["allow", "guard-responds"]),
        (["--connect", "packages.example.org:443"], ["deny (egress_host)", "packages.example.org:443", "mask"]),
        (["--connect", "127.1:443"], ["deny (egress_malformed)", "four decimal"]),
        (["--file", ".git/hooks/x"], ["applied", "git_hook", "held by: nothing"]),
    ],
)
def test_answers(arguments: list[str], expected: list[str]) -> None:
    output = explain("rl-rollout", *arguments)
    for part in expected:
        assert part in output


def test_answers_for_machines() -> None:
    act = explained("coding-agent", "--action", "process", "--arg", "/bin/ls", "--via", "shim")
    assert (act["decision"], act["rules"][0]["id"]) == ("allow", "work")
    assert explained("observe", "--connect", "any.example:1")["reason"] == "allowed_observe"
    assert explained("observe", "--action", "job_launch")["unenforced"] == "rule_missing"
    assert explained("coding-agent", "--file", "AGENTS.md")["held"] == ["agent_config"]


def test_observe_says_what_enforcing_would_do() -> None:
    assert "enforcing would refuse: rule_missing" in explain("observe", "--action", "job_launch")


def test_words_that_are_not_utf8_are_asked_about_as_a_run_would() -> None:
    assert (
        explained("coding-agent", "--action", "process", "--arg", "\udcff", "--principal", "agent:\udcff")["decision"]
        == "allow"
    )


def test_text_from_outside_cannot_act() -> None:
    output = explain("observe", "--file", "a\x1b[31m\u202ex")
    assert "\x1b" not in output
    assert "\u202e" not in output


@pytest.mark.parametrize(
    "question",
    [
        Question(),
        Question(action="process", file="x"),
        Question(action="tool_call", arguments=("novalue",)),
        Question(action="process", principal="robot:x"),
        Question(action="process", principal="agent"),
        Question(connect="host"),
        Question(connect="host:0"),
        Question(connect="host:٣"),
    ],
)
def test_questions_that_cannot_be_asked(question: Question) -> None:
    with pytest.raises(InputInvalid) as caught:
        run("observe", question, as_json=False)
    assert caught.value.remedy


def test_requests_to_a_host_with_rules(tmp_path: Any) -> None:
    (tmp_path / "profile.toml").write_text(
        'extends = "rl-rollout"\n[egress]\nhosts = ["m.example:443", "o.example:443"]\n[[egress.requests]]\n'
        'host = "m.example:443"\npreset = "package-mirror"\nmax_response_bytes = 1000\n'
    )
    folder = str(tmp_path)
    said = explain(folder, "--connect", "m.example:443", "--request", "GET /%73imple/")
    for part in (
        "only: m.example:443, package-mirror, /**",
        "allow (allowed), by egress.requests[0]",
        "as /simple/;",
        "1000",
    ):
        assert part in said
    refused = explain(folder, "--connect", "m.example:443", "--request", "PUT /\x1b[31m", "--body", "3")
    assert "deny (request_path)" in refused
    assert "\x1b" not in refused
    found = explained(folder, "--connect", "M.example:443", "--request", "GET /a", "--body", "3")
    assert (found["allowed"], found["request"]["reason"], found["request"]["feedback"]) == (True, "request_body", "mask")
    other = explained(folder, "--connect", "o.example:443", "--request", "PUT /a", "--body", "3")
    assert (other["request"]["allowed"], other["request"]["rule"], other["requests"]) == (True, None, [])
    assert "the request" not in explain(folder, "--connect", "m.example:444", "--request", "GET /a")
    for question in (
        Question(connect="m.example:443", request="GET"),
        Question(connect="m.example:443", request="GET a"),
        Question(action="process", request="GET /"),
    ):
        with pytest.raises(InputInvalid):
            run(folder, question, as_json=False)
