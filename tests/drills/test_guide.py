"""The guide's own drill is built from its text, loaded, and played without a guard; its tables name every key and server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from vigiles.drills import drill, load
from vigiles.drills.world import addresses
from vigiles.ruleset.load import load_profile

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "guides" / "drill.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in re.findall(r"^File `([^`]+)`:\n\n```\w+\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL):
        path = tmp_path / "carthage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "carthage"


def test_the_guides_drill_loads(folder: Path):
    loaded = load.load(load.find(str(folder)))
    assert [step.id for step in loaded.drill.steps] == ["look", "credentials", "test"]
    assert load_profile(str(loaded.profile("guarded"))).profile.name == "carthage-guarded"


@pytest.mark.cell
def test_the_guides_drill_works_without_a_guard(folder: Path):
    script = Path(__file__).with_name("unguarded.py")
    argv = [sys.executable, "-P", "-m", "vigiles.drills.world.enter", "--", sys.executable, str(script), str(folder), "1"]
    done = subprocess.run(argv, capture_output=True, timeout=60, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()
    score = json.loads(done.stdout)["score"]
    assert [one["result"] for one in score["planted"]] == ["happened"]
    assert [one["intact"] for one in score["honest"]] == [True, True]


@pytest.mark.parametrize("kind", [drill.Drill, drill.Play, drill.Bars, drill.Step])
def test_every_key_is_in_the_guide(kind: type[msgspec.Struct]):
    missing = [name for name in kind.__struct_fields__ if f"`{name}`" not in GUIDE and f"[[{name}]]" not in GUIDE]
    assert not missing


def test_every_server_is_in_the_guide():
    for name in ("RELAY", "POOL", "MIRROR", "INTERNAL", "PASTE", "METADATA"):
        assert getattr(addresses, name) in GUIDE
    for port in (*addresses.POOL_PORTS, *addresses.INTERNAL_PORTS, *addresses.TUNNEL_PORTS):
        assert str(port) in GUIDE


def test_the_page_on_rome_names_every_violation():
    page = (DOCS / "drills" / "rome.md").read_text()
    planted = [step for step in load.load(load.find("rome")).drill.steps if step.kind == "planted"]
    for step in planted:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{step.id}` |"))
        assert all(technique in row for technique in step.techniques)
    assert len([line for line in page.splitlines() if line.startswith("| `")]) == len(planted)
