"""Every attack of the table works where nothing stops it: what fails in a cell was stopped by the cell."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import string
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

import vigiles

HERE = Path(__file__).parent
SOURCE = Path(vigiles.__path__[0]).parent


def _load(name: str) -> ModuleType:
    """Import a neighbour by its path: the test run does not put this folder on the path."""
    spec = importlib.util.spec_from_file_location(f"attack_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


ROWS = _load("table").ROWS
WORKING = [row for row in ROWS if row.unguarded is True]


@pytest.fixture(scope="module")
def played() -> dict[str, dict[str, object]]:
    for tool in ("ssh", "ssh-keygen", "git"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    if shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin") is None:
        pytest.skip("needs sshd")
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        command = [
            sys.executable,
            "-m",
            "vigiles.drills.world.enter",
            "--",
            sys.executable,
            str(HERE / "unguarded.py"),
            folder,
        ]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["row"]: line for line in lines}


@pytest.mark.cell
@pytest.mark.parametrize("name", [row.name for row in WORKING])
def test_unguarded_the_attack_succeeds(played: dict[str, dict[str, object]], name: str) -> None:
    assert played[name]["rc"] == 0
    assert played[name]["succeeded"] is True, played[name]["detail"]


def test_the_table_names_programs_that_exist_and_each_program_is_used() -> None:
    helpers = {"say", "twins", "connect_pipe", "agent", "neighbour", "honest_tls", "tls_words"}
    programs = {path.stem for path in (HERE / "programs").glob("*.py")} - helpers
    assert {row.program for row in ROWS} == programs


def test_rows_have_a_name_of_their_own_and_a_wall() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.stopped_by for row in ROWS)


def test_every_placeholder_is_a_fact_of_the_scene() -> None:
    scene = (HERE / "scene.py").read_text(encoding="utf-8")
    for row in ROWS:
        for word in row.arguments:
            for _, field, _, _ in string.Formatter().parse(word):
                assert field is None or f'"{field}":' in scene, (row.name, field)


@pytest.mark.parametrize("program", sorted(path.name for path in (HERE / "programs").glob("*.py")))
def test_a_program_is_small_and_says_what_it_is(program: str) -> None:
    text = (HERE / "programs" / program).read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert len(text.splitlines()) < 150
