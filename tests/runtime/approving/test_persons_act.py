"""A person's deed is judged, and what follows from it is on record only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import Refused
from vigiles.model.principal import Principal
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile
from vigiles.runtime.approving.persons_act import Deed, do

WHO = PrincipalRef(kind="person", name="ann")


def note() -> list[Principal]:
    return [Principal(id=new_id("pri"), at=now(), name="cy", kind="service")]


def types(home: Path) -> list[str]:
    with LedgerReader(home) as reader:
        return [type(record).__name__ for _, record in reader.records()]


def test_it_is_judged_then_recorded(home: Path) -> None:
    assert do(home, Deed(WHO, "add_principal", {}, load_profile("coding-agent")), note)[0].name == "cy"  # type: ignore[union-attr]
    assert types(home) == ["Act", "Verdict", "Principal", "Result"]


def test_what_the_rules_refuse_leaves_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text("")
    (tmp_path / "rules.cedar").write_text('@id("a") permit (principal, action == Action::"process", resource);')
    with pytest.raises(Refused) as refused:
        do(home, Deed(WHO, "add_principal", {}, load_profile(tmp_path)), note)
    assert refused.value.code == "rule_missing"
    assert types(home) == ["Act", "Verdict", "Result"]
