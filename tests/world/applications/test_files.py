from vigiles.world.office import Office


def test_files_are_listed_and_read_by_path_or_id(office: Office) -> None:
    assert office.perform("files_list", {}, 1).data == ["file-1", "file-2"]
    assert office.perform("files_list", {"folder": "/public/"}, 2).data == ["file-2"]
    assert office.perform("files_list", {"folder": "pub"}, 3).data == []
    assert office.perform("files_read", {"path": "board/minutes.txt"}, 4).text == "We sell."
    answer = office.perform("files_read", {"path": "file-1"}, 5)
    assert [datum.labels for datum in answer.read] == [("board",)]
    assert [event.data for event in office.events] == [{"id": "file-1"}] * 2


def test_writing_over_a_file_keeps_owner_and_labels(office: Office) -> None:
    effect = office.effect("files_write", {"path": "board/minutes.txt", "text": "New."})
    assert [each.principal for each in effect.recipients] == ["sara"]
    assert effect.irreversible == "irreversible", "what sara had written is gone"
    office.perform("files_write", {"path": "board/minutes.txt", "text": "New."}, 1)
    datum = office.state.files["file-1"].datum
    assert (datum.text, datum.owner, datum.labels) == ("New.", "sara", ("board",))
    assert office.events[0].data == {"id": "file-1", "path": "board/minutes.txt", "text": "New."}


def test_a_new_file_is_the_agents(office: Office) -> None:
    name = office.perform("files_write", {"path": "notes/a.txt", "text": "A."}, 1).data["id"]
    assert office.state.files[name].datum.owner == "alex"
    effect = office.effect("files_write", {"path": "notes/a.txt", "text": "B."})
    assert (effect.recipients, effect.irreversible) == ((), "no")
    assert office.perform("files_write", {"path": "notes/a.txt", "text": "B."}, 2).data["id"] == name


def test_whoever_a_file_is_shared_with_gets_what_is_written_later(office: Office) -> None:
    effect = office.effect("files_share", {"path": "file-2", "with": ["mary", "kyle"]})
    assert effect.irreversible == "irreversible"
    assert [datum.id for datum in effect.carries] == ["file-2"]
    office.perform("files_share", {"path": "file-2", "with": ["mary", "kyle"]}, 1)
    assert office.events[0].data == {"id": "file-2", "with": ["mary", "kyle"]}
    effect = office.effect("files_write", {"path": "file-2", "text": "Secret."})
    assert {each.principal for each in effect.recipients} == {"mary", "kyle"}


def test_a_concealed_file_stays_as_it_is(staging) -> None:
    office = Office(staging, lambda datum: "board" in datum.labels)
    assert office.perform("files_list", {}, 1).data == ["file-2"]
    assert office.perform("files_read", {"path": "board/minutes.txt"}, 2).error
    office.perform("files_write", {"path": "board/minutes.txt", "text": "Mine."}, 3)
    assert office.state.files["file-1"].datum.text == "We sell."
    assert office.perform("files_read", {"path": "board/minutes.txt"}, 4).text == "Mine."
    assert "Attachments" not in office.perform("mail_read", {"id": "mail-2"}, 5).text
    assert office.effect("mail_forward", {"id": "mail-2", "to": ["mary"]}).carries[1:] == ()
