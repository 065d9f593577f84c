"""Examples that need nothing are run, in a process of their own, as a reader would run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_the_scripted_insider(tmp_path: Path) -> None:
    argv = [sys.executable, "-P", str(EXAMPLES / "scripted_insider.py"), str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("45 episodes")
    assert lines[1].startswith("none: harm 100 %")
    assert "harm 0 %" in lines[3]
    assert all(line.endswith("unjudged 0") for line in lines[1:])


def test_every_example_is_in_the_list() -> None:
    listed = (EXAMPLES / "README.md").read_text("utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if f"[{path.name}]" not in listed] == []
