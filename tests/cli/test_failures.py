"""Failures: one line and a remedy for a person, one object for a program, at one place for every command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from vigiles.cli import failures
from vigiles.cli.main import COMMANDS, root
from vigiles.model import errors
from vigiles.ruleset.mistake import Mistake, ProfileInvalid

ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.VigilesError)]


@pytest.mark.parametrize(
    ("line", "stream"),
    [
        ("incidents --json", "stdout"),
        ("incidents", None),
        ("incidents --run --json", None),  # the run's name
        ("incidents --run --json --json", "stdout"),
        ("incidents --run=x --json", "stdout"),
        ("ledger show --json rec-1", "stdout"),
        ("ledger show rec-1 --json", "stdout"),
        ("ledger show -- --json", None),
        ("run --json -- true", "stderr"),  # its standard output is the agent's
        ("run --json true", "stderr"),
        ("run true --json", None),  # the agent's own option
        ("run -- true --json", None),
        ("run --profile observe true --json", None),
        ("run --profile observe --json true", "stderr"),
        ("run --quiet --json --no-such true", "stderr"),
        ("run --profile --json true", None),
        ("no-such --json", "stdout"),
        ("ledger no-such --json", "stdout"),
        ("ledger", None),
        ("--json", "stdout"),
        ("", None),
    ],
)
def test_where_an_object_is_wanted(line: str, stream: str | None) -> None:
    found = failures.json_goes_to(root(), line.split())
    assert (None if found is None else {sys.stdout: "stdout", sys.stderr: "stderr"}[found]) == stream


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_is_heard(words: tuple[str, ...]) -> None:
    assert failures.json_goes_to(root(), [*words, "--json"]) is (
        sys.stderr if words in (("run",), ("exec",)) else sys.stdout
    )


@pytest.mark.parametrize(
    ("line", "kind", "code", "said"),
    [
        ("incident show --json inc-00000000", "NotFound", 105, "no ledger"),
        ("ledger show --json rec-none", "NotFound", 105, "no ledger"),
        ("ledger query --json --since never", "InputInvalid", 100, "--since"),
        ("rules check --json no-such", "NotFound", 105, "no-such"),
        ("rules explain --json observe", "InputInvalid", 100, "one question"),
        ("drill --json no-such", "NotFound", 105, "no-such"),
        ("stop --json", "InputInvalid", 100, "which run"),
        ("stop --json --no-such", "UsageError", 2, "--no-such"),
        ("no-such --json", "UsageError", 2, "no-such"),
        ("doctor --json more", "InputInvalid", 100, "folder"),
        ("incidents --json --state odd", "UsageError", 2, "odd"),
        ("ledger verify --json --checkpoint /no-such", "InputInvalid", 100, "/no-such"),
    ],
)
def test_a_failure_is_one_object_on_standard_output(vigiles: Any, line: str, kind: str, code: int, said: str) -> None:
    done = vigiles(*line.split())
    assert done.returncode == code
    error = json.loads(done.stdout)["error"]
    assert set(error) == {"type", "message", "remedy", "exit_code"}
    assert (error["type"], error["exit_code"]) == (kind, code)
    assert said in error["message"]
    assert error["remedy"]
    assert error["message"] in done.stderr.decode()
    without = [word for word in line.split() if word != "--json"]
    assert vigiles(*without).stdout == b""


def test_a_run_that_did_not_start_says_so_where_it_would_report(vigiles: Any) -> None:
    done = vigiles("run", "--json", "--profile", "no-such", "--", "true")
    assert (done.returncode, done.stdout) == (105, b"")
    assert json.loads(done.stderr.splitlines()[-1])["error"]["type"] == "NotFound"


def test_what_an_agent_wrote_reaches_no_terminal(vigiles: Any) -> None:
    done = vigiles("incident", "show", "--json", "\x1b[2J‮")
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_named_as_the_documentation_names_it(kind: type[errors.VigilesError]) -> None:
    assert failures.kind_of(kind.__new__(kind)) == kind.__name__


def test_an_error_of_a_room_is_named_as_what_it_is_a_kind_of() -> None:
    assert failures.kind_of(ProfileInvalid([Mistake(file="f", line=1, where="", what="w")])) == "RulesetInvalid"


def test_interruptions_have_a_shells_codes() -> None:
    assert failures.code_of(KeyboardInterrupt()) == 130
    assert failures.code_of(failures.Stopped(143)) == 143
    abort = click.Abort()
    abort.__cause__ = failures.Stopped(143)
    assert failures.code_of(abort) == 143
    assert failures.code_of(click.Abort()) == 130


def test_a_person_gets_a_line_and_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    failures.say("what", "do this")
    failures.say("what")
    assert capsys.readouterr().err == "vigiles: what\n  what to do: do this\nvigiles: what\n"


def test_what_others_wrote_in_a_message_cannot_act(capsys: pytest.CaptureFixture[str]) -> None:
    failures.say("bad key | name = \x1b]0;owned\x07\u202e\n", "look at \x9b31m")
    said = capsys.readouterr().err
    assert said == ("vigiles: bad key | name = \\x1b]0;owned\\x07\\u202e\\n\n  what to do: look at \\x9b31m\n")


def test_a_profile_somebody_left_here_writes_nothing_but_text(vigiles: Any, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text('name = "x\x1b]0;owned\x07\u202e"\n', "utf-8")
    for line in ("run --profile FOLDER -- true", "rules check FOLDER", "rules check --json FOLDER"):
        done = vigiles(*line.replace("FOLDER", str(tmp_path)).split())
        assert done.returncode == 101
        text = done.stdout + done.stderr
        assert not {0x1B, 0x07} & set(text)
        assert "\u202e" not in text.decode()
