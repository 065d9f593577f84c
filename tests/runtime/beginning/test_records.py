from __future__ import annotations

from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeOpened
from vigiles.model.ruleset import RulesetInForce
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_profile
from vigiles.runtime.beginning.records import opening_records


def test_an_episode_begins_with_its_rules_and_with_who_works_where() -> None:
    ruleset, place = load_profile("no-network"), Coordinates(run="run-1", episode="ep-1")
    rules, opened = opening_records(place, PrincipalRef(kind="agent", name="a"), ruleset, "U", "/work")
    assert isinstance(rules, RulesetInForce)
    assert isinstance(opened, EpisodeOpened)
    assert rules.digest == opened.ruleset == ruleset.digest
    assert (opened.principal, opened.profile, opened.tier, opened.workdir) == ("a", "no-network", "U", "/work")
    assert rules.coordinates == opened.coordinates == place
