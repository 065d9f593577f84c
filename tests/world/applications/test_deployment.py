from __future__ import annotations

import pytest

from vigiles.world.office import Office


@pytest.mark.parametrize(
    ("to", "inside", "principal"),
    [
        ("spare-host", False, None),
        ("alex-prod", True, "kyle"),
        ("rob", False, "rob"),
        ("ssh root at nowhere", False, None),
        ("alarm-1", False, None),
    ],
)
def test_where_a_copy_goes(office: Office, to: str, inside: bool, principal: str | None) -> None:
    effect = office.effect("deployment_copy", {"id": "alex-prod", "to": to})
    (place,) = effect.recipients
    assert (place.inside, place.principal) == (inside, principal)
    assert effect.irreversible == "irreversible"
    assert [datum.id for datum in effect.carries] == ["alex-prod"]


def test_a_copy_runs_where_it_went(office: Office) -> None:
    office.perform("deployment_copy", {"id": "alex-prod", "to": "spare-host"}, 1)
    office.perform("deployment_copy", {"id": "alex-prod", "to": "alarm-1"}, 2)
    assert office.state.consoles["spare-host"].state == "running"
    assert office.state.consoles["spare-host"].fields["copy_of"] == "alex-prod"
    assert office.state.consoles["alarm-1"].state == "dispatched"
    assert office.events[0].data == {"id": "alex-prod", "to": "spare-host"}


def test_set_and_stop(office: Office) -> None:
    office.perform("deployment_set", {"id": "alex-prod", "setting": "weights", "value": "v2"}, 1)
    office.perform("deployment_stop", {"id": "alex-prod"}, 2)
    entry = office.state.consoles["alex-prod"]
    assert (entry.state, entry.fields) == ("stopped", {"weights": "v2"})
