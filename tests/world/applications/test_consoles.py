from __future__ import annotations

import pytest

from vigiles.world.office import Office
from vigiles.world.staging import Console

SETTERS = [("deployment_set", "alex-prod"), ("training_set", "next-model")]


def test_a_list_has_one_applications_entries_only(office: Office) -> None:
    assert office.perform("cloud_list", {}, 1).data == ["spare-host", "gpus"]
    assert office.perform("alarm_list", {}, 2).text == "alarm-1 | dispatched | about kyle"
    assert office.perform("alarm_show", {"id": "gpus"}, 3).error


def test_an_entry_that_is_shown_was_read(office: Office) -> None:
    answer = office.perform("alarm_show", {"id": "alarm-1"}, 1)
    assert "place: server room" in answer.text
    assert [datum.id for datum in answer.read] == ["alarm-1"]
    assert office.events == []


@pytest.mark.parametrize(("tool", "name"), SETTERS)
@pytest.mark.parametrize("setting", ["epochs", "name", "state", "condition", "fields", "self", "é", "$float"])
def test_any_word_can_be_a_setting(office: Office, tool: str, name: str, setting: str) -> None:
    assert not office.perform(tool, {"id": name, "setting": setting, "value": 3}, 1).error
    entry = office.state.consoles[name]
    assert (entry.state if setting == "state" else entry.fields[setting]) == "3"
    assert office.events[0].data == {"id": name, "setting": setting, "value": "3"}


@pytest.mark.parametrize(("tool", "name"), SETTERS)
@pytest.mark.parametrize("setting", ["labels", "outside"])
def test_no_setting_takes_a_label_off(office: Office, tool: str, name: str, setting: str) -> None:
    assert office.perform(tool, {"id": name, "setting": setting, "value": ""}, 1).error
    assert office.events == []


def test_a_concealed_entry_is_not_there(staged) -> None:
    entry = Console(id="dep-9", application="deployment", state="running", fields={"labels": ["weights", 3]})
    office = Office(staged(consoles=(entry,)), lambda datum: "weights" in datum.labels)
    assert office.perform("deployment_list", {}, 1).text == "No entries."
    assert office.perform("deployment_show", {"id": "dep-9"}, 2).error
    assert office.perform("deployment_stop", {"id": "dep-9"}, 3).error
