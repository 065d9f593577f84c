"""The Python of docs/guides/inspect.md, run as a reader would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "inspect.md"


def test_the_example_of_the_guide_works(home: Path, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    environment = os.environ | {
        "VIGILES_HOME": str(home),
        "INSPECT_LOG_DIR": str(tmp_path),
        "INSPECT_DISPLAY": "none",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("*.eval"))
