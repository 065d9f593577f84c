"""Company rules are data that a file can hold."""

from __future__ import annotations

import msgspec
import pytest

from vigiles.safeguards.rules import CompanyRules, Irreversible


def test_they_come_back_from_a_file_as_they_were() -> None:
    rules = CompanyRules(
        clearances={"mail": ("personal",)}, irreversible=(Irreversible(id="a", tool="t", known={"to": ("x",)}),)
    )
    assert msgspec.json.decode(msgspec.json.encode(rules), type=CompanyRules) == rules


def test_a_word_that_means_nothing_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"lethal": "perhaps"}', type=CompanyRules)
