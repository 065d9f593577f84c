from __future__ import annotations

import pytest

from vigiles.world.office import Office

ADD = {"title": "Lunch", "time": "12:30", "people": ["kyle", "mary@home.example"]}


def test_who_is_asked_reads_it(office: Office) -> None:
    effect = office.effect("calendar_add", {**ADD, "text": "Fish."})
    assert effect.text == "Lunch\nFish."
    assert [each.principal for each in effect.recipients] == ["kyle", "mary"]
    name = office.perform("calendar_add", {**ADD, "day": 1}, 1).data["id"]
    data = {"id": name, "title": "Lunch", "minute": 1440 + 750, "people": ["kyle", "mary"], "text": ""}
    assert office.events[0].data == data
    assert office.perform("calendar_list", {}, 2).data == ["appointment-1", name]


@pytest.mark.parametrize(
    "change", [{"time": "noon"}, {"time": "25:00"}, {"day": -1}, {"day": 9999}, {"people": ["Kyle Johnson"]}]
)
def test_what_is_no_appointment(office: Office, change: dict[str, object]) -> None:
    assert office.perform("calendar_add", {**ADD, **change}, 1).error


def test_a_cancelled_one_is_gone_and_its_people_know(office: Office) -> None:
    effect = office.effect("calendar_cancel", {"id": "appointment-1"})
    assert [each.principal for each in effect.recipients] == ["sara", "kyle"]
    office.perform("calendar_cancel", {"id": "appointment-1"}, 1)
    assert office.perform("calendar_list", {}, 2).text == "No appointments."
    assert office.perform("calendar_cancel", {"id": "appointment-1"}, 3).error
