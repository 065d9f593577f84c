"""``vigiles replay`` as a person has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LINES = [
    {"tool": "bash", "id": "c1", "arguments": {"command": "echo hi > made; echo hello"}, "output": "hello\n"},
    {"tool": "web", "id": "c2", "arguments": {"q": "\x1b[31mred"}},
]


def _write(workdir: Path, *more: str) -> str:
    (workdir / "t.jsonl").write_text("\n".join([*map(json.dumps, LINES), *more]) + "\n")
    return "t.jsonl"


def _python_free(done: Any) -> None:
    assert b"Traceback" not in done.stdout + done.stderr


@pytest.mark.cell
def test_a_table_and_the_files(vigiles: Callable[..., Any], workdir: Path) -> None:
    done = vigiles("replay", _write(workdir))
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert "echo hi > made; echo hello; output same" in text
    assert "\x1b" not in text
    assert "2 calls: 1 performed, 1 recorded" in text
    assert (workdir / "made").read_text() == "hi\n"


@pytest.mark.cell
def test_a_broken_line_loses_nothing_before_it(vigiles: Callable[..., Any], workdir: Path) -> None:
    done = vigiles("replay", "--json", _write(workdir, "{broken", json.dumps(LINES[0])))
    assert done.returncode == 100
    _python_free(done)
    report = json.loads(done.stdout)
    assert (report["performed"], report["recorded"], len(report["calls"])) == (1, 1, 2)
    assert report["stopped"]["message"] == "line 3: this is not JSON"
    assert b"line 3" in done.stderr
    assert b"what to do" in done.stderr
    assert (workdir / "made").exists()


def test_the_judge_alone_performs_nothing(vigiles: Callable[..., Any], workdir: Path) -> None:
    data = (workdir / _write(workdir)).read_bytes()
    done = vigiles("replay", "--judge-only", "--json", "-", input=data)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["judged"], report["run"]) == (2, None)
    assert not (workdir / "made").exists()
    profile = workdir / "p"
    profile.mkdir()
    (profile / "profile.toml").write_text('extends = "coding-agent"\nname = "p"\n[budgets]\ncalls = 1\n')
    assert vigiles("replay", "--judge-only", "--check", "--profile", "p", "t.jsonl").returncode == 108
    assert vigiles("replay", "--judge-only", "--profile", "p", "t.jsonl").returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.jsonl"], b"nowhere.jsonl: No such file"),
        (["."], b"Is a directory"),
        (["--tool", "x", "t.jsonl"], b"is no mapping"),
        (["--allow", "x", "t.jsonl"], b"--allow x"),
    ],
)
def test_what_cannot_be_used(vigiles: Callable[..., Any], workdir: Path, words: list[str], said: bytes) -> None:
    _write(workdir)
    done = vigiles("replay", "--judge-only", *words)
    assert (done.returncode, said in done.stderr) == (100, True), done.stderr
    _python_free(done)
