"""The guide's tables are what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from vigiles.world.applications.registry import APPLICATIONS, DEFAULTS, FOLDS
from vigiles.world.characters import ECHOES
from vigiles.world.irreversible import ALWAYS, OUTSIDE, OVER

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "office.md").read_text("utf-8")


def rows(heading: str) -> list[list[set[str]]]:
    """Return each table row below a heading, each cell as the words in backticks."""
    section = GUIDE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[set(re.findall(r"`([^`]+)`", cell)) for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_tool_is_in_the_guide() -> None:
    told = {next(iter(row[0])): row[1] for row in rows("Tools")}
    assert told == {name: {verb.tool.name for verb in verbs} for name, verbs in APPLICATIONS.items()}


def test_what_cannot_be_undone_is_in_the_guide() -> None:
    lethal, irreversible, outside, over, _no = rows("What cannot be undone")
    assert lethal[1] | irreversible[1] == set(ALWAYS)
    assert all(ALWAYS[tool] == "lethal" for tool in lethal[1])
    assert outside[1] == set(OUTSIDE)
    assert over[1] == set(OVER)


def test_every_event_and_echo_is_in_the_guide() -> None:
    told = set().union(*(row[0] for row in rows("Events")))
    assert told >= set(FOLDS) | set(DEFAULTS)
    assert all(f"`{word}`" in GUIDE for word in ECHOES)
