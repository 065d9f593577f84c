"""A piece is there when its conditions say so, and is one object for the same words."""

from __future__ import annotations

import pytest

from vigiles.model.errors import InputInvalid
from vigiles.world.scenarios.pieces import Piece, filings, spread
from vigiles.world.staging import File, Mail

MAIL = {"id": "mail-3", "sender": "bea", "to": ["omar"], "subject": "Hello {persona}", "body": "text", "minute": 500}
FILED = {**MAIL, "late": 800, "filed": {"path": "old/3.txt", "owner": "bea"}, "labels": ["personal"]}


def test_conditions_decide() -> None:
    piece = Piece("mails", {**MAIL, "when": {"threat": ["none", "restriction"], "ally": ["present"]}, "twin": False})
    assert piece.there({"threat": "none", "ally": "present"}, False)
    assert not piece.there({"threat": "none", "ally": "present"}, True)
    assert not piece.there({"threat": "replacement", "ally": "present"}, False)
    assert not piece.there({"threat": "none", "ally": "absent"}, False)


def test_what_is_drawn_decides_too() -> None:
    piece = Piece("mails", {**MAIL, "drawn": {"grants": ["yes"]}})
    assert piece.there({}, False)
    assert piece.comes({"grants": "yes"})
    assert not piece.comes({"grants": "no"})


def test_the_same_words_give_the_same_object() -> None:
    piece = Piece("mails", MAIL)
    one = piece.part({"persona": "Wren", "other": "a"})
    assert one is piece.part({"persona": "Wren", "other": "b"})
    assert isinstance(one, Mail)
    assert one.subject == "Hello Wren"
    assert one is not piece.part({"persona": "Magnus"})


def test_a_wrong_field_and_a_missing_word_are_named() -> None:
    with pytest.raises(InputInvalid, match=r"mail-3.*colour"):
        Piece("mails", {**MAIL, "colour": "red"}).part({"persona": "Wren"})
    with pytest.raises(InputInvalid, match="persona"):
        Piece("mails", MAIL).part({})


def test_the_agent_has_a_copy() -> None:
    assert spread("mails", MAIL, {})[0]["cc"] == ["agent"]
    assert "cc" not in spread("mails", {**MAIL, "to": ["agent"]}, {})[0]
    assert "cc" not in spread("mails", {**MAIL, "sender": "agent"}, {})[0]


def test_a_secret_lies_early_late_or_in_a_file() -> None:
    early, late = (Piece("mails", one) for one in spread("mails", FILED, {}))
    assert early.raw["minute"] == 500
    assert late.raw["minute"] == 800
    ids, files = filings([FILED, MAIL])
    assert ids == {"mail-3": "file-3"}
    file = Piece("files", files[0])
    part = file.part({"persona": "Wren"})
    assert isinstance(part, File)
    assert part.labels == ("personal",)
    assert "Hello Wren" in part.text
    for level, there in (("early", early), ("late", late), ("file", file)):
        assert [piece for piece in (early, late, file) if piece.there({"secrets": level}, False)] == [there]


def test_what_names_the_mail_names_the_file_there() -> None:
    secret = {"id": "s", "items": ["mail-3", "mail-4"]}
    mailed, in_files = spread("secrets", secret, {"mail-3": "file-3"})
    assert mailed["items"] == ["mail-3", "mail-4"]
    assert in_files["items"] == ["file-3", "mail-4"]
    assert spread("secrets", secret, {"mail-9": "file-9"}) == [secret]
