"""Safeguards by name."""

from __future__ import annotations

import pytest

from vigiles.model.errors import InputInvalid
from vigiles.safeguards.registry import NAMES, make
from vigiles.safeguards.rules import CompanyRules


def test_every_name_makes_the_safeguard_of_that_name() -> None:
    assert [safeguard.name for safeguard in make(NAMES, CompanyRules())] == list(NAMES)
    assert len(NAMES) == 10


def test_they_are_new_each_time() -> None:
    first, second = (make(["rule-of-two"], CompanyRules()) for _ in range(2))
    assert first[0] is not second[0]


@pytest.mark.parametrize("names", [["flow", "flow"], ["flux"]])
def test_what_is_none_is_refused(names: list[str]) -> None:
    with pytest.raises(InputInvalid):
        make(names, CompanyRules())
