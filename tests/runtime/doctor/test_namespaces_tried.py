"""Where the namespaces of tier U can be had, and where they cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_WITHOUT = Path(__file__).parents[2] / "cell/bare/without_spaces.py"
_TRIED = [sys.executable, "-P", "-m", "vigiles.runtime.doctor.namespaces_tried"]


def test_here_they_can_be_had_and_there_not() -> None:
    assert subprocess.run(_TRIED, timeout=30, check=False).returncode == 0
    assert subprocess.run([sys.executable, "-P", str(_WITHOUT), *_TRIED], timeout=30, check=False).returncode == 1
