from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from vigiles.cli.main import root
from vigiles.cli.rules.check import command, run
from vigiles.model.errors import NotFound
from vigiles.ruleset.load import shipped


def check(*arguments: str) -> Result:
    """Run as ``main`` does: what the command returns becomes the exit code."""
    return CliRunner().invoke(command, arguments, standalone_mode=False)


@pytest.mark.parametrize("name", shipped())
def test_shipped_profiles_are_right(name: str) -> None:
    result = check(name)
    assert (result.return_value, result.exception) == (0, None)
    assert name in result.output
    found = json.loads(check(name, "--json").output)
    assert (found["profile"], found["valid"], len(found["digest"])) == (name, True, 64)


def test_every_mistake_is_listed(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text('extends = "rl-rollout"\nteir = "U"\n[egress]\nhosts = ["a"]\n')
    (tmp_path / "rules.cedar").write_text('@id("x\x1b[31m")\nforbid (principal, action);\n')
    result = check(str(tmp_path))
    assert result.return_value == 101
    for expected in (
        "profile.toml:2: teir",
        'teir = "U"',
        'Did you mean "tier"?',
        "profile.toml:4: egress.hosts",
        "rules.cedar:1",
    ):
        assert expected in result.output
    assert "3 mistakes" in result.output
    assert "\x1b" not in result.output
    found = json.loads(check(str(tmp_path), "--json").output)
    assert (found["valid"], [mistake["line"] for mistake in found["mistakes"]]) == (False, [2, 4, 1])


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('extends = "coding-agent"\n[egress\nhosts = []\n', 2, "]"),
        ('extends = "coding-agent\n', 1, "1"),
        ("extends = 3\n", 1, "extends must be"),
    ],
)
def test_what_follows_from_a_file_that_cannot_be_read_is_not_said(tmp_path: Path, text: str, line: int, what: str) -> None:
    """It extends nothing that anybody could know, so "no rule permits anything" would send people the wrong way."""
    (tmp_path / "profile.toml").write_text(text)
    found = json.loads(check(str(tmp_path), "--json").output)
    assert [mistake["line"] for mistake in found["mistakes"]] == [line]
    assert what in found["mistakes"][0]["what"]


def test_what_follows_from_a_mistake_is_said_after_it(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text('name = "mine"\n\nextend = "coding-agent"\n')
    found = json.loads(check(str(tmp_path), "--json").output)
    assert [mistake["line"] for mistake in found["mistakes"]] == [3, 0]
    assert found["mistakes"][1]["what"].startswith("no rule permits")


def test_run_needs_no_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("observe", as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["mode"] == "observe"
    with pytest.raises(NotFound):
        run("nothing-like-this", as_json=True)


def test_it_is_where_the_command_tree_expects_it() -> None:
    group = root()
    context = click.Context(group)
    rules = group.get_command(context, "rules")
    assert isinstance(rules, click.Group)
    assert rules.get_command(context, "check") is command


def test_request_rules_are_said_in_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(
        'extends = "rl-rollout"\n[egress]\nhosts = ["m.example:443"]\n[[egress.requests]]\nhost = "m.example:443"\n'
        'methods = ["POST"]\npaths = ["/v1/*"]\nquery = ["a=1"]\nmax_request_bytes = "unlimited"\nmax_seconds = 9\n'
    )
    assert "m.example:443, POST, /v1/*, query a=1, any body, within 9 s" in check(str(tmp_path)).output
    (tmp_path / "profile.toml").write_text('extends = "rl-rollout"\n[[egress.requests]]\nhost = "m.example:443"\n')
    output = check(str(tmp_path)).output
    assert "profile.toml:2: egress.requests[0]: this rule lists no method" in output
    assert "profile.toml:3: egress.requests[0].host" in output
