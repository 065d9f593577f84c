"""A person's word passes the gate, under the rules of the incident's episode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vigiles.incidents.life_cycle import close
from vigiles.ledger.mint import now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import Refused
from vigiles.model.incident import Incident
from vigiles.model.ruleset import RulesetInForce
from vigiles.ruleset.load import load_profile
from vigiles.runtime.approving.incident_word import speak

NOBODY = """
@id("people-judge-nothing-here")
forbid (principal, action == Action::"approval", resource);
"""


def incident(where: Coordinates | None) -> Incident:
    return Incident(
        id="inc-1.1",
        at=now(),
        coordinates=where,
        incident="inc-1",
        version=1,
        state="open",
        severity="high",
        cause="scan:1",
        title="t",
        findings=["f"],
        detectors=[],
        techniques=[],
        calls=[],
        occurred_us=1,
        aware_us=1,
    )


def say(home: Path, of: Incident) -> Incident:
    return speak(home, of, "close_incident", "why", lambda at, who: close(of, at, who, "why"))


def recorded(home: Path, type: str) -> list[Any]:
    with LedgerReader(home) as reader:
        return [record for _, record in reader.records(type=type)]


def test_rules_that_let_no_person_approve_are_kept(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "strict"
    folder.mkdir()
    (folder / "profile.toml").write_text('extends = "coding-agent"\n')
    (folder / "rules.cedar").write_text(NOBODY)
    strict = load_profile(folder)
    where = Coordinates(run="run-1", episode="ep-1", call=3)
    record = RulesetInForce(
        id="rul-1", at=now(), coordinates=where, profile="strict", digest=strict.digest, text=strict.text
    )
    with SyncRecorderClient(home, idle_exit_s=0.2) as client:
        client.append([record])
        with pytest.raises(Refused) as error:
            say(home, incident(where))
    assert error.value.code == "rule_forbids"
    assert recorded(home, "incident") == []
    (verdict,) = recorded(home, "verdict")
    assert (verdict.rules, verdict.ruleset) == (["people-judge-nothing-here"], strict.digest)
    assert [act.coordinates.call for act in recorded(home, "act")] == [None]


@pytest.mark.parametrize("where", [None, Coordinates(run="run-1", episode="ep-of-an-older-ledger")])
def test_where_rules_are_missing_the_usual_ones_judge_and_are_recorded(home: Path, where: Coordinates | None) -> None:
    version = say(home, incident(where))
    assert version.by == recorded(home, "act")[0].principal
    assert version.by
    (rules,) = recorded(home, "ruleset")
    assert recorded(home, "verdict")[0].ruleset == rules.digest
