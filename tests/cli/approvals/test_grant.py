"""One terminal holds, another grants: real processes."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.query import LedgerReader

pytestmark = pytest.mark.cell

PROFILE = 'extends = "coding-agent"\nname = "asks"\n[approvals]\nwait_seconds = 30\n'
RULES = """
@id("ask-first") @decision("hold") @persons("2")
forbid (principal, action == Action::"process", resource) when { context.program == "sh" };
"""


@pytest.fixture
def asks(tmp_path: Path) -> str:
    folder = tmp_path / "asks"
    folder.mkdir()
    (folder / "profile.toml").write_text(PROFILE)
    (folder / "rules.cedar").write_text(RULES)
    return str(folder)


def test_a_held_act_is_performed_once_after_two_persons_granted_it(
    start: Callable[..., subprocess.Popen[bytes]], vigiles: Callable[..., Any], asks: str, workdir: Path, tmp_path: Path,
    shared_home: Path,
) -> None:  # fmt: skip
    for name in ("ann", "bea"):
        assert vigiles("principals", "key", str(tmp_path / name)).returncode == 0
        assert vigiles("principals", "add", name, "--key", str(tmp_path / f"{name}.pub")).returncode == 0
    running = start("run", "--profile", asks, "--", "sh", "-c", "echo once >> log; cat log")
    deadline = time.monotonic() + 30
    while not (found := json.loads(vigiles("approvals", "list", "--json").stdout)):
        assert time.monotonic() < deadline
    (one,) = found
    assert not (workdir / "log").exists()
    assert one["act"]["process"]["argv"][0] == "sh"
    word = ("--as", "ann", "--key", str(tmp_path / "ann"))
    first = vigiles("approvals", "grant", one["act"]["id"], *word)
    assert (first.returncode, b"waits on" in first.stdout) == (0, True)
    again = vigiles("approvals", "grant", one["act"]["id"], *word, "--json")
    assert (again.returncode, json.loads(again.stdout.splitlines()[0])["reason"]) == (108, "grant_alone")
    second = vigiles("approvals", "grant", "last", "--as", "bea", "--key", str(tmp_path / "bea"))
    assert (second.returncode, b"granted" in second.stdout) == (0, True)
    out, _ = running.communicate(timeout=30)
    assert (out, running.returncode) == (b"once\n", 0)
    assert (workdir / "log").read_text() == "once\n"
    late = vigiles("approvals", "grant", one["act"]["id"], *word)
    assert late.returncode == 105, "what was decided waits no more"
    with LedgerReader(shared_home) as reader:
        verdicts = [record for _, record in reader.records(type="verdict") if record.act == one["act"]["id"]]  # type: ignore[union-attr]
    assert [(verdict.decision, verdict.reason) for verdict in verdicts] == [  # type: ignore[union-attr]
        ("hold", "rule_forbids"),
        ("hold", "grant_alone"),
        ("allow", "granted"),
    ]
    told = json.loads(vigiles("ledger", "verify", "--json").stdout)
    assert (told["ok"], told["grants"]["checked"], told["grants"]["acts"]) == (True, 3, 1), (
        "both, and one that was turned away"
    )
