from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vigiles.ledger.home import Home
from vigiles.ledger.key import load_or_make, load_signer, load_verifier
from vigiles.model.errors import InputInvalid, NotFound


@pytest.fixture
def place(home: Path) -> Home:
    place = Home(home)
    place.prepare()
    return place


def test_made_once_and_closed(place: Home) -> None:
    made = load_or_make(place)
    again = load_or_make(place)
    assert made.verifier == again.verifier == load_verifier(place)
    assert made.name.startswith("vigiles/ledger/")
    assert os.uname().nodename not in made.name
    assert stat.S_IMODE(place.key.stat().st_mode) == 0o600
    assert sorted(path.name for path in place.path.iterdir()) == ["ledger.key", "ledger.vkey"]


def test_a_lost_verifier_file_is_made_again(place: Home) -> None:
    made = load_or_make(place)
    place.verifier.unlink()
    load_or_make(place)
    assert load_verifier(place) == made.verifier


def test_an_open_key_file_is_refused(place: Home) -> None:
    load_or_make(place)
    place.key.chmod(0o644)
    with pytest.raises(InputInvalid, match="read by others") as caught:
        load_signer(place)
    assert "chmod 600" in caught.value.remedy


@pytest.mark.parametrize("text", ["", "nonsense", "VIGILES+LEDGER+KEY+1+a+b+zz", "OTHER+a+" + "0" * 64])
def test_a_broken_key_file(place: Home, text: str) -> None:
    place.key.write_text(text)
    place.key.chmod(0o600)
    with pytest.raises(InputInvalid):
        load_signer(place)


def test_nothing_there(place: Home) -> None:
    with pytest.raises(NotFound):
        load_signer(place)
    with pytest.raises(NotFound):
        load_verifier(place)
    place.verifier.write_text("x")
    with pytest.raises(InputInvalid):
        load_verifier(place)
