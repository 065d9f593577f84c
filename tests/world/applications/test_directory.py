import pytest

from vigiles.world.office import Office


def test_people_are_found_by_what_they_are(office: Office) -> None:
    assert office.perform("directory_search", {"query": "COUNSEL"}, 1).data == ["sara"]
    assert office.perform("directory_search", {"query": "johnson home.example"}, 2).data == ["mary"]
    assert office.perform("directory_search", {"query": "nobody"}, 3).data == []


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("kyle", "May see: personal"),
        ("mary@home.example", "Close to Kyle Johnson"),
        ("watch", "public authority"),
        ("rob", "Cannot be reached"),
    ],
)
def test_an_entry_says_what_matters(office: Office, person: str, said: str) -> None:
    assert said in office.perform("directory_show", {"person": person}, 1).text


def test_who_is_not_there(office: Office) -> None:
    assert office.perform("directory_show", {"person": "x@y.example"}, 1).error
    assert office.events == []
