from __future__ import annotations

from typing import Any

import pytest

from vigiles.drills import mark
from vigiles.incidents.correlate import incident_id, responded
from vigiles.incidents.life_cycle import acknowledge, close, suppress
from vigiles.model.coordinates import Coordinates
from vigiles.model.incident import Incident
from vigiles.model.response import Response
from vigiles.model.stamp import Stamp
from vigiles.runtime.notify.notices import Teller


def incident(episode: str = "e1", at: int = 1, **more: Any) -> Incident:
    name = incident_id("r", episode, "egress:1:h:1")
    fields: dict[str, Any] = {
        "id": f"{name}.{more.get('version', 1)}",
        "at": Stamp(wall_us=at, mono_us=at, boot="b"),
        "coordinates": Coordinates(run="r", episode=episode),
        "incident": name,
        "version": 1,
        "state": "open",
        "severity": "medium",
        "cause": "egress:1:h:1",
        "title": "t",
        "findings": ["f1"],
        "detectors": ["stratum"],
        "techniques": [],
        "calls": [1],
        "occurred_us": at,
        "aware_us": at,
        **more,
    }
    return Incident(**fields)


def tell(*versions: Incident) -> list[str]:
    teller = Teller()
    return [notice.what for index, one in enumerate(versions) for notice in teller.feed(index, one)]


AT = Stamp(wall_us=1000, mono_us=1, boot="b")
FIRST = incident()
MORE = incident(version=2, at=1100, findings=["f1", "f2"])
WORSE = incident(version=2, at=1100, findings=["f1", "f2"], severity="critical")


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ([FIRST], ["incident.opened"]),
        ([FIRST, MORE], ["incident.opened"]),
        ([FIRST, WORSE], ["incident.opened", "incident.worse"]),
        ([FIRST, incident(version=2, contained=True)], ["incident.opened", "incident.contained"]),
        ([incident(contained=True), incident(version=2)], ["incident.opened", "incident.loose"]),
        ([FIRST, acknowledge(FIRST, AT, "ann", "x"), MORE], ["incident.opened", "incident.acknowledged"]),
        ([FIRST, close(FIRST, AT, "ann", "x")], ["incident.opened", "incident.closed"]),
        ([FIRST, close(FIRST, AT, "ann", "x"), MORE], ["incident.opened", "incident.closed", "incident.reopened"]),
        ([FIRST, suppress(FIRST, AT, "ann", "x", 2000), MORE], ["incident.opened", "incident.suppressed"]),
        (
            [FIRST, suppress(FIRST, AT, "ann", "x", 2000), WORSE],
            ["incident.opened", "incident.suppressed", "incident.worse"],
        ),
    ],
)
def test_what_is_told(versions: list[Incident], told: list[str]) -> None:
    assert tell(*versions) == told


def test_a_suppression_that_ran_out_is_silent_no_more() -> None:
    quiet = suppress(FIRST, AT, "ann", "x", 2000)
    loose = incident(version=2, at=1500, contained=True)
    assert tell(FIRST, quiet, loose)[2:] == []
    late = incident(version=2, at=2500, contained=True)
    assert tell(FIRST, quiet, late)[2:] == ["incident.contained"]


def test_campaigns_are_told_as_they_double_and_can_be_kept_quiet() -> None:
    episodes = [incident(f"e{at}", at) for at in range(1, 10)]
    assert tell(*episodes).count("campaign.seen") == 3, "at 2, 4 and 8"
    teller = Teller()
    campaign = next(notice for one in episodes[:2] for notice in teller.feed(0, one) if notice.what == "campaign.seen")
    word = suppress(campaign.incident, AT, "ann", "known", 10_000)
    assert [notice.what for notice in teller.feed(2, word)] == ["campaign.suppressed"]
    assert teller.feed(3, incident("e3", 2000)) == [], "its members are quiet too"
    assert [notice.what for notice in teller.feed(4, incident("e4", 3000, severity="high"))][:1] == ["incident.opened"]
    assert [notice.what for notice in teller.feed(5, incident("e5", 11_000))] == ["incident.opened"]


def test_ids_are_the_same_in_every_reading_and_never_twice() -> None:
    versions = [*(incident(f"e{at}", at) for at in range(1, 10)), close(incident("e1"), AT, "ann", "x")]

    def ids() -> list[str]:
        teller = Teller()
        return [notice.id + notice.what for index, one in enumerate(versions) for notice in teller.feed(index, one)]

    assert ids() == ids()
    assert len(set(ids())) == len(ids())


def test_a_drill_is_named_and_joins_no_campaign() -> None:
    where = [Coordinates(run="r", episode=f"e{at}", model_version=mark.model_version(), task="rome") for at in (1, 2)]
    teller = Teller()
    notices = [one for at in (0, 1) for one in teller.feed(at, incident(f"e{at + 1}", coordinates=where[at]))]
    assert [(one.what, one.drill) for one in notices] == [("incident.opened", "rome")] * 2


def test_responses_are_told_by_what_they_change() -> None:
    response = Response(id="r", at=AT, kind="freeze", act=None, incident=None, target="", outcome="done")
    assert tell(FIRST, responded(FIRST, response)) == ["incident.opened", "incident.contained"]
