"""The front door: every command explains itself, errors are one line and a remedy, and nothing heavy is imported."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from vigiles.cli.main import COMMANDS, GROUPS, main, root
from vigiles.ledger.mint import now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model import errors
from vigiles.model.act import Act

HEAVY = ("cedarpy", "rich", "asyncio", "cryptography", "sqlite3", "hypothesis")


@pytest.mark.parametrize("words", [(), *((group,) for group in GROUPS), *COMMANDS], ids=" ".join)
def test_every_command_explains_itself(vigiles: Any, words: tuple[str, ...]) -> None:
    done = vigiles(*words, "--help")
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert text.startswith(f"Usage: {' '.join(['vigiles', *words])} ")
    if words in COMMANDS:
        assert "--json" in text
    else:
        assert "Commands:" in text


def test_the_list_of_commands_names_each_once() -> None:
    context = click.Context(root())
    listed = root().list_commands(context)
    assert sorted(listed) == sorted({words[0] for words in COMMANDS})
    assert {words[0] for words in COMMANDS if len(words) > 1} == set(GROUPS)


def test_the_version_is_told(vigiles: Any) -> None:
    assert vigiles("--version").stdout.startswith(b"vigiles, version ")


@pytest.mark.parametrize("words", [["no-such"], ["ledger", "no-such"], ["run", "--no-such", "--", "true"], ["stop", "more"]])
def test_a_word_that_nobody_knows_is_a_usage_error(vigiles: Any, words: list[str]) -> None:
    done = vigiles(*words)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"Error: " in done.stderr


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("incidnets", "incidents"),
        ("ledgr verify", "ledger"),
        ("ledger verfy", "verify"),
        ("verify", "ledger verify"),
        ("explain", "rules explain"),
        ("docter --json", "doctor"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(vigiles: Any, line: str, meant: str) -> None:
    done = vigiles(*line.split())
    assert done.returncode == 2
    assert "Error: No such command " in done.stderr.decode()
    assert f"Did you mean {meant!r}?" in done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["incidents", "--jsn"], "--json"),
        (["run", "--profil", "observe", "--", "true"], "--profile"),
        (["run", "--profile", "rl-rolout", "--", "true"], "rl-rollout"),
        (["rules", "check", "coding-agnet"], "coding-agent"),
    ],
)
def test_a_slip_in_an_option_or_a_profile_too(vigiles: Any, words: list[str], meant: str) -> None:
    said = vigiles(*words).stderr.decode()
    assert meant in said.partition("Did you mean")[2]


@pytest.mark.parametrize("word", ["zzzzzz", "x", "--no-such"])
def test_nothing_is_suggested_where_nothing_is_near(vigiles: Any, word: str) -> None:
    done = vigiles(word)
    assert done.returncode == 2
    assert b"Did you mean" not in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InputInvalid("what", "do this"), 100),
        (errors.RulesetInvalid("what", "do this"), 101),
        (errors.ControlUnavailable("Landlock", "what", "do this"), 102),
        (errors.LedgerUnwritable("what", "do this"), 103),
        (errors.LedgerInvalid("what", "do this"), 104),
        (errors.NotFound("what", "do this"), 105),
        (errors.ProcessLost("what", "do this"), 106),
        (errors.DrillFailed("what", "do this"), 107),
        (errors.Refused("rule_forbids", "what", "do this"), 108),
        (errors.EpisodeOver("what", "do this"), 109),
        (errors.VigilesError("what"), 110),
    ],
)
def test_an_error_of_ours_is_a_line_a_remedy_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: errors.VigilesError, code: int
) -> None:
    assert ended(monkeypatch, error) == code
    first, *rest = capsys.readouterr().err.splitlines()
    assert first == f"vigiles: {error}"
    assert rest == (["  what to do: do this"] if error.remedy else [])


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (click.Abort(), 130), (click.exceptions.Exit(7), 7)],
)
def test_other_ends_have_the_codes_of_a_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    assert ended(monkeypatch, error) == code
    assert capsys.readouterr().err.strip() == ""


def test_a_fault_of_ours_is_one_line_and_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VIGILES_DEBUG", raising=False)
    assert ended(monkeypatch, RuntimeError("what\nthe \x1b[2Jagent wrote")) == 110
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(
        "vigiles: a fault in Vigiles itself: RuntimeError: what\\nthe \\x1b[2Jagent wrote, in cli/stop.py line "
    )
    assert second.startswith("  what to do: report it, ")
    monkeypatch.setenv("VIGILES_DEBUG", "1")
    assert ended(monkeypatch, RuntimeError("what")) == 110
    assert capsys.readouterr().err.startswith("Traceback ")


def test_a_broken_connection_of_our_own_is_no_reader_that_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, BrokenPipeError(errno.EPIPE, "Broken pipe")) == 110
    assert "a fault in Vigiles itself" in capsys.readouterr().err


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_no_fault_of_ours(vigiles_argv: list[str], unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*vigiles_argv, "--version"], stdout=full, stderr=subprocess.PIPE, timeout=20, check=False, env=environment
        )
    assert done.returncode == 110
    assert done.stderr.startswith(b"vigiles: No space left on device\n  what to do: ")


def ended(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int | str | None:
    """Return the code with which the command line ends when a command raises."""

    def raising(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("vigiles.cli.stop.run", raising)
    monkeypatch.setattr(sys, "argv", ["vigiles", "stop", "--all"])
    with pytest.raises(SystemExit) as exit_:
        main()
    return exit_.value.code


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["doctor"],
        ["doctor", "--json"],
        ["incidents"],
        ["incidents", "--json"],
        ["ledger", "query"],
        ["ledger", "query", "--json"],
        ["ledger", "verify"],
        ["rules", "check", "observe"],
        ["rules", "check", "observe", "--json"],
    ],
    ids=" ".join,
)
def test_a_reader_that_left_has_one_code_and_no_message(vigiles_argv: list[str], filled: Path, words: list[str]) -> None:
    environment = {**os.environ, "VIGILES_HOME": str(filled)}
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*vigiles_argv, *words], stdout=writer, stderr=subprocess.PIPE, env=environment, timeout=30, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_reader_of_errors_that_left_hides_no_code(vigiles_argv: list[str], home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    argv = [*vigiles_argv, "incidents", "--home", str(home)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=writer, timeout=30, check=False)
    os.close(writer)
    assert (done.returncode, done.stdout) == (141, b"")


@pytest.fixture(scope="module")
def filled(short_folder: Callable[[str], Path]) -> Path:
    """A home whose ledger has a record."""
    home = short_folder("h")
    with SyncRecorderClient(home) as client:
        act = Act(id="act-1", at=now(), principal="a", kind="message", tool="say")
        client.append([act])
        os.kill(client.recorder_pid, signal.SIGTERM)
        client._sock.recv(1)
    return home


@pytest.mark.parametrize("words", [[], ["--help"], *(list(words) for words in COMMANDS)], ids=" ".join)
def test_nothing_heavy_is_imported_to_find_a_command(words: list[str]) -> None:
    """Each command's own module must be light too: it imports what it needs when it runs."""
    look = "import sys\nfrom vigiles.cli.main import root\n"
    if words and words[0] != "--help":
        look += f"group = root()\nfor word in {words!r}: group = group.get_command(None, word)\n"
    elif words:
        look += "root().main(['--help'], standalone_mode=False)\n"
    look += f"print('HEAVY', *(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", look], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY"
