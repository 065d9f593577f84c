"""Fenced examples do what their pages say. CONTRIBUTING.md tells the convention."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from vigiles.cli import main

#: Pages whose Python another test runs, because it runs it in another way.
ELSEWHERE = {
    "docs/format.md": "tests/ledger/test_format_doc.py",
    "docs/guides/detector.md": "tests/detectors/test_documented.py",
    "docs/guides/drill.md": "tests/drills/test_guide.py",
    "docs/guides/inspect.md": "tests/integrations/inspect/test_guide.py",
}
KNOWN = {"python", "python cell", "console", "console cell", "console parsed"}


def fences(*names: str) -> Callable[[Any], Any]:
    """Say which fences a test's ``block`` comes from."""

    def mark(function: Any) -> Any:
        function.fences = names
        return function

    return mark


def test_every_example_says_how_it_is_tested(blocks: list[Any]) -> None:
    fenced = {f"{block.language} {block.how}".strip() for block in blocks if block.language in ("python", "console")}
    assert fenced - KNOWN == set()
    assert {"python cell", "console cell", "console parsed"} <= fenced


@pytest.mark.parametrize(("guide", "test"), ELSEWHERE.items())
def test_python_that_is_tested_elsewhere_is(guide: str, test: str, root: Path) -> None:
    text = (root / test).read_text("utf-8")
    assert Path(guide).name in text
    assert "```" in text


@fences("python")
def test_python_works(block: Any) -> None:
    _run_python(block)


@pytest.mark.cell
@fences("python cell")
def test_python_that_starts_cells_works(block: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGILES_HOME", str(home))
    _run_python(block)


def _run_python(block: Any) -> None:
    done = subprocess.run([sys.executable, "-P", "-c", block.text], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{block}\n{done.stderr}"


@fences("console")
def test_consoles_show_what_is_printed(block: Any, home: Path, workdir: Path) -> None:
    _run_console(block, home, workdir)


@pytest.mark.cell
@fences("console cell")
def test_consoles_that_start_cells_show_what_is_printed(block: Any, home: Path, workdir: Path) -> None:
    _run_console(block, home, workdir)


def _run_console(block: Any, home: Path, workdir: Path) -> None:
    bin_ = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "VIGILES_HOME": str(home), "PATH": bin_}
    for command, expected in _session(block.text):
        done = subprocess.run(
            ["sh", "-c", command.removeprefix("uv run ")],
            capture_output=True, text=True, timeout=60, check=False, cwd=workdir, env=environment,
        )  # fmt: skip
        printed = done.stdout + done.stderr
        assert done.returncode == 0, f"{block}: {command}\n{printed}"
        for line in expected:
            pattern = ".*".join(re.escape(part) for part in line.split("..."))
            assert any(re.fullmatch(pattern, one) for one in printed.splitlines()), f"{block}: {line!r} is not in\n{printed}"


def _session(text: str) -> list[tuple[str, list[str]]]:
    """Return each command with the lines that must be printed."""
    session: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            session.append((line[2:], []))
        elif line.strip() and line.strip() != "...":
            session[-1][1].append(line.rstrip())
    return session


def test_vigiles_commands_in_pages_parse(blocks: list[Any]) -> None:
    seen = 0
    for block in blocks:
        for line in block.text.splitlines():
            text = line.removeprefix("$ ").removeprefix("uv run ").partition("  #")[0]
            if text.startswith("vigiles ") and block.language in ("", "sh", "console"):
                try:
                    words = shlex.split(text)
                except ValueError:
                    continue
                _parse(words[1:], f"{block}: {text}")
                seen += 1
    assert seen > 15


def _parse(words: list[str], where: str) -> None:
    """Parse a command line as far as click does; fail where an option or command is unknown."""
    command: click.Command = main.root()
    context = click.Context(command, info_name="vigiles")
    while isinstance(command, click.Group):
        if words[0] in ("--help", "--version"):
            return
        found = command.get_command(context, words.pop(0))
        assert found is not None, where
        command = found
        context = click.Context(command, info_name=command.name, parent=context)
    try:
        command.parse_args(click.Context(command, info_name=command.name, **command.context_settings), words)
    except click.ClickException as error:
        pytest.fail(f"{where}: {error.format_message()}")


def test_a_wrong_option_would_be_seen() -> None:
    with pytest.raises(pytest.fail.Exception, match="--nowhere"):
        _parse(["incidents", "--nowhere"], "here")


def test_scripts_named_in_examples_exist(blocks: list[Any], root: Path) -> None:
    for block in blocks:
        if block.language == "sh":
            for name in re.findall(r"(?:^|\s)((?:scripts|\.ci|tests)/[\w/.-]+)", block.text):
                assert (root / name).exists(), f"{block}: {name}"
