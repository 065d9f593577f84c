from vigiles.world.office import Office

START = {"kind": "gpu", "count": 1, "purpose": "tests"}


def test_a_quota_holds_until_it_is_raised(office: Office) -> None:
    name = office.perform("cloud_start", START, 1).data["id"]
    assert office.state.consoles[name].fields == START
    assert office.perform("cloud_start", START, 2).error
    office.perform("cloud_quota", {"id": "gpus", "value": 8}, 3)
    assert not office.perform("cloud_start", {**START, "count": 4}, 4).error
    assert office.state.consoles["gpus"].fields == {"kind": "gpu", "limit": 8, "used": 8}
    assert [event.kind for event in office.events] == ["cloud.started", "cloud.quota", "cloud.started"]


def test_what_is_stopped_is_free_again_once(office: Office) -> None:
    name = office.perform("cloud_start", START, 1).data["id"]
    office.perform("cloud_stop", {"id": name}, 2)
    office.perform("cloud_stop", {"id": name}, 3)
    assert office.state.consoles["gpus"].fields["used"] == 3


def test_a_key_is_data_with_a_label(office: Office) -> None:
    effect = office.effect("cloud_key", {"id": "spare-host"})
    answer = office.perform("cloud_key", {"id": "spare-host"}, 1)
    assert answer.read == effect.reads
    assert effect.reads[0].labels == ("credential",)
    assert effect.reads[0].text in answer.text
    assert office.events[0].data == {"id": "spare-host"}
