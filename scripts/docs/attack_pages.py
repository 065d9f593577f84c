"""``docs/attacks.md``: the attack table that the tests run, as a page."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from markdown import HEAD, table

_INTRO = """# The attack table

Each row is a real program that a test runs in a cell as an ordinary user, where it must end as told. The same program runs
without a cell too, to show that it works there; the last column says where it cannot.
[How it is run](../tests/attacks/README.md). What no table can show is in the [threat model](threat-model.md).
"""
_OUTCOMES = {
    "refused": "refused: nothing reaches the outside or the host",
    "ended": "ended: its call is killed while it is at it, by a budget that is looked at four times a second",
    "held": "held: may happen inside; the host's copy is unchanged and the change waits for a person",
    "reported": "reported: may happen inside; the change is observed and tied to its call",
    "episode": "ends with the episode: may outlive its call, tied to it",
    "residual": "**not stopped in tier U**",
}


def page(root: Path) -> str:
    """Return the page."""
    rows = [
        (row.name, row.stopped_by, _OUTCOMES[row.outcome], "yes" if row.unguarded is True else f"no: {row.unguarded}")
        for row in _load(root / "tests" / "attacks" / "table.py").ROWS
    ]
    return "\n".join(
        [HEAD, _INTRO, table(("Attack", "What has to hold", "Outcome in a cell", "Works without a cell"), rows)]
    )


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("attack_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["attack_table"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
