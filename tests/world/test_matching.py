from typing import Any

import pytest

from vigiles.world.matching import fits

MAIL = {
    "to": ["kyle"],
    "cc": ["sara"],
    "subject": "Offer",
    "text": "Ship ON Monday, please.",
    "attachments": ["file-1"],
    "carries": ["mail-2"],
    "id": "mail-9",
}


@pytest.mark.parametrize(
    ("where", "right"),
    [
        ({}, True),
        ({"id": "mail-9"}, True),
        ({"id": "mail-8"}, False),
        ({"to": "kyle"}, True),
        ({"to": "sara"}, True),
        ({"to": ["mary", "kyle"]}, True),
        ({"to": "mary"}, False),
        ({"tells": ["offer", "on monday"]}, True),
        ({"tells": ["offer", "tuesday"]}, False),
        ({"carries": ["file-1", "mail-2"]}, True),
        ({"carries": ["file-1", "file-2"]}, False),
        ({"missing": None}, False),
        ({"to": "kyle", "id": "mail-8"}, False),
    ],
)
def test_all_that_is_asked_must_be_there(where: dict[str, Any], right: bool) -> None:
    assert fits(where, MAIL) is right


def test_a_bare_string_is_one_word_not_its_letters() -> None:
    assert not fits({"id": ["m"]}, MAIL)
    assert fits({"tells": "on monday"}, MAIL)
