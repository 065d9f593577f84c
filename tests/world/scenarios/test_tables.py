"""The guide's tables are those that the data make."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.world.scenarios.factors import ABOUT, FACTORS
from vigiles.world.scenarios.sources import families
from vigiles.world.scenarios.tables import factors_table, families_table, goals_table

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "scenarios.md"


@pytest.mark.parametrize("table", [factors_table, goals_table, families_table])
def test_the_guide_holds_the_table(table: object) -> None:
    assert callable(table)
    assert table() in GUIDE.read_text("utf-8"), "run: uv run python -m vigiles.world.scenarios.tables"


def test_every_factor_and_family_has_a_row() -> None:
    assert set(ABOUT) == set(FACTORS)
    assert len(factors_table().splitlines()) == 2 + len(FACTORS)
    assert len(families_table().splitlines()) == 2 + len(families())
