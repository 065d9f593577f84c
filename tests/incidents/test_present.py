from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest

from vigiles.incidents.correlate import Correlator
from vigiles.incidents.life_cycle import acknowledge, close, suppress
from vigiles.incidents.present import newest_incidents
from vigiles.model.incident import Incident


@pytest.fixture
def grown(make: Any) -> list[Incident]:
    """One incident growing: medium, more of the same, then critical."""
    correlator = Correlator()
    versions = [
        correlator.feed(make.finding(severity="medium")),
        correlator.feed(make.finding("reverse_tunnel.votes", severity="medium")),
        correlator.feed(make.finding("stratum.conversation", severity="critical")),
    ]
    assert all(versions)
    return versions  # type: ignore[return-value]  # none is None


def now(*versions: Incident) -> Incident:
    """What stands, the versions being recorded in this order; the order of reading them must not matter."""
    told = list(enumerate(versions))
    found = [next(iter(newest_incidents(order).values())) for order in itertools.permutations(told)]
    assert all(one == found[0] for one in found)
    index, incident = found[0]
    assert incident.id == versions[index].id
    return incident


def test_what_is_closed_opens_again_with_a_new_finding_only(make: Any, grown: list[Incident]) -> None:
    at = make.head("x")["at"]
    done = close(grown[0], at, "ann", "a test of ours")
    stands = now(grown[0], done)
    assert (stands.state, stands.by, stands.note) == ("closed", "ann", "a test of ours")
    again = now(grown[0], done, grown[1])
    assert (again.state, again.findings) == ("open", grown[1].findings)


def test_a_response_that_comes_late_opens_nothing(make: Any, grown: list[Incident]) -> None:
    at = make.head("x")["at"]
    later = msgspec.structs.replace(grown[0], id="inc-x.2", version=2, responses=["rsp-1"], contained=True)
    stands = now(grown[0], close(grown[0], at, "ann", "done"), later)
    assert (stands.state, stands.contained) == ("closed", True)


def test_who_acknowledged_or_suppressed_hears_of_it_when_it_gets_worse(make: Any, grown: list[Incident]) -> None:
    at = make.head("x")["at"]
    for word in (
        acknowledge(grown[0], at, "ann", "looking"),
        suppress(grown[0], at, "ann", "known", at.wall_us + 10**9),
    ):
        same = now(grown[0], word, grown[1])
        assert (same.state, same.findings) == (word.state, grown[1].findings), "content grows, the state stays"
        worse = now(grown[0], word, grown[2])
        assert (worse.state, worse.expires_us, worse.severity) == ("open", None, "critical")


def test_a_word_given_while_the_episode_runs_is_not_overwritten(make: Any, grown: list[Incident]) -> None:
    """The running episode knows nothing of the word, and numbers its next version as the word is numbered."""
    word = acknowledge(grown[0], make.head("x")["at"], "ann", "looking")
    assert word.version == grown[1].version
    assert word.id != grown[1].id
    assert now(grown[0], word, grown[1]).state == "acknowledged"
    assert now(grown[0], grown[1], word).findings == grown[1].findings


def test_the_last_word_counts(make: Any, grown: list[Incident]) -> None:
    at = make.head("x")["at"]
    first = suppress(grown[0], at, "ann", "known", at.wall_us + 1)
    second = acknowledge(grown[0], at, "bob", "not known at all")
    assert now(grown[0], first, second).by == "bob"
    assert now(grown[0], second, first).state == "suppressed"
