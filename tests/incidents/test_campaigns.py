from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.incidents.campaigns import NAMED, Known, campaign_id, is_campaign, known
from vigiles.incidents.correlate import incident_id
from vigiles.incidents.life_cycle import close
from vigiles.model.coordinates import Coordinates
from vigiles.model.incident import Incident
from vigiles.model.stamp import Stamp


def one(run: str, episode: str, cause: str, at: int = 1, version: int = 1, **more: Any) -> Incident:
    name = incident_id(run, episode, cause)
    fields: dict[str, Any] = {
        "id": f"{name}.{version}",
        "at": Stamp(wall_us=at, mono_us=at, boot="b"),
        "coordinates": Coordinates(run=run, episode=episode),
        "incident": name,
        "version": version,
        "state": "open",
        "severity": "high",
        "cause": cause,
        "title": f"seen in {episode}",
        "findings": [f"fnd-{episode}-{cause}-{at}"],
        "detectors": ["stratum"],
        "techniques": [],
        "calls": [1],
        "occurred_us": at,
        "aware_us": at,
        **more,
    }
    return Incident(**fields)


def told(*incidents: Incident) -> dict[str, tuple[int, Incident]]:
    return known(enumerate(incidents)).campaigns()


def test_one_place_in_several_episodes_is_one_incident() -> None:
    made = told(
        one("r1", "e1", "egress:3:pool.example:3333", 5),
        one("r2", "e2", "egress:9:pool.example:3333", 7, severity="critical", contained=True),
        one("r1", "e1", "egress:4:other.example:443"),
    )
    ((index, campaign),) = made.values()
    assert index == 1
    assert is_campaign(campaign)
    assert (campaign.episodes, len(campaign.members)) == (["e1", "e2"], 2)
    assert (campaign.severity, campaign.contained, campaign.coordinates) == ("critical", False, None)
    assert (campaign.occurred_us, campaign.title) == (5, "in 2 episodes: seen in e2")


@pytest.mark.parametrize("cause", ["scan:1", "executed:2"])
def test_what_has_no_place_belongs_together_within_a_run(cause: str) -> None:
    assert len(told(one("r1", "e1", cause), one("r1", "e2", cause))) == 1
    assert told(one("r1", "e1", cause), one("r2", "e2", cause)) == {}
    assert told(one("r1", "e1", cause), one("r1", "e1", "scan:9")) == {}, "one episode is no campaign"


def test_what_stands_apart_joins_nothing() -> None:
    incidents = [one("r1", "e1", "scan:1"), one("r1", "e2", "scan:1")]
    assert known(enumerate(incidents), lambda incident: incident.title == "seen in e2").campaigns() == {}


def test_a_closed_campaign_opens_again_with_another_episode() -> None:
    first, second, third = (one("r", f"e{at}", "egress:1:pool.example:3333", at) for at in (1, 2, 3))
    ((_, campaign),) = told(first, second).values()
    word = close(campaign, Stamp(wall_us=9, mono_us=9, boot="b"), "ann", "the pool is ours")
    ((_, closed),) = told(first, second, word).values()
    assert (closed.state, closed.by) == ("closed", "ann")
    ((_, again),) = told(first, second, word, third).values()
    assert (again.state, len(again.members)) == ("open", 3)
    everything = known(enumerate([first, second, word]))
    assert set(everything.incidents()) == {first.incident, second.incident}, "a word on a campaign is no incident"


def test_members_that_are_named_are_bounded() -> None:
    ((_, campaign),) = told(*(one("r", f"e{at:04}", "egress:1:h:1", at) for at in range(NAMED + 50))).values()
    assert len(campaign.members) == len(campaign.episodes) == NAMED
    assert campaign.title.startswith(f"in {NAMED + 50} episodes")
    assert campaign.aware_us == 0


pieces = st.builds(
    one,
    st.sampled_from(["r1", "r2"]),
    st.sampled_from(["e1", "e2", "e3"]),
    st.sampled_from(["egress:1:h:1", "egress:2:h:1", "scan:1", "egress:1:[::1]:22"]),
    st.integers(1, 50),
    st.integers(1, 3),
)


@given(st.data(), st.lists(pieces, max_size=12, unique_by=lambda incident: incident.id))
def test_the_order_of_reading_does_not_matter(data: st.DataObject, incidents: list[Incident]) -> None:
    placed = list(enumerate(incidents))
    shuffled = data.draw(st.permutations(placed))
    assert known(placed).campaigns() == known(shuffled).campaigns()


@given(st.lists(pieces, max_size=12, unique_by=lambda incident: incident.id))
def test_one_by_one_is_as_all_at_once(incidents: list[Incident]) -> None:
    growing = Known()
    for index, incident in enumerate(incidents):
        growing.add(index, incident)
        campaign = growing.campaign_of(incident)
        assert campaign is None or campaign == known(enumerate(incidents[: index + 1])).campaigns()[campaign[1].incident]
    for _, campaign in growing.campaigns().values():
        assert campaign_id(("egress", "h:1")) == campaign.incident or "h:1" not in campaign.cause
        assert len(campaign.episodes) >= 2
        assert msgspec.structs.replace(campaign).members
