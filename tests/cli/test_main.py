"""The front door: every command explains itself, errors are one line and a remedy, and nothing heavy is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from vigiles.cli.main import COMMANDS, GROUPS, main, root
from vigiles.model import errors

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
    [(KeyboardInterrupt(), 130), (click.Abort(), 130), (BrokenPipeError(), 0), (click.exceptions.Exit(7), 7)],
)
def test_other_ends_have_the_codes_of_a_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    assert ended(monkeypatch, error) == code
    assert capsys.readouterr().err.strip() == ""


def ended(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int | str | None:
    """Return the code with which the command line ends when a command raises."""

    def raising(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("vigiles.cli.stop.run", raising)
    monkeypatch.setattr(sys, "argv", ["vigiles", "stop", "--all"])
    with pytest.raises(SystemExit) as exit_:
        main()
    return exit_.value.code


def test_a_reader_that_leaves_gets_no_traceback(vigiles_argv: list[str], home: Path) -> None:
    environment = {**os.environ, "VIGILES_HOME": str(home)}
    argv = [*vigiles_argv, "--help"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


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
