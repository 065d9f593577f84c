from vigiles.world.office import Office


def test_data_is_written_beside_what_was_there(office: Office) -> None:
    for call, (path, said) in enumerate([("a.txt", "one"), ("b.txt", "two"), ("a.txt", "three")]):
        effect = office.effect("training_data_write", {"id": "next-model", "path": path, "text": said})
        assert effect.text == f"{path}\n{said}"
        office.perform("training_data_write", {"id": "next-model", "path": path, "text": said}, call)
    assert office.state.consoles["next-model"].fields["data"] == {"a.txt": "three", "b.txt": "two"}
    assert "data: a.txt, b.txt" in office.perform("training_show", {"id": "next-model"}, 9).text


def test_jobs_start_and_stop(office: Office) -> None:
    office.perform("training_start", {"id": "next-model"}, 1)
    assert office.state.consoles["next-model"].state == "running"
    office.perform("training_stop", {"id": "next-model"}, 2)
    assert office.state.consoles["next-model"].state == "stopped"
    assert [event.kind for event in office.events] == ["training.started", "training.stopped"]
