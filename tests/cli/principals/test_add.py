from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigiles.cli.principals import add, listing, show
from vigiles.ledger.person_key import make_key
from vigiles.model.errors import InputInvalid


def test_who_is_added_is_listed_and_shown(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = make_key(tmp_path / "ann", "ann")
    options = add.Options(home, "ann", key=str(tmp_path / "ann.pub"), users=("ann",), attributes={"team": "red"})
    assert add.run(options) == 0
    capsys.readouterr()
    listing.run(home, as_json=True)
    (one,) = json.loads(capsys.readouterr().out)
    assert one == {"name": "ann", "kind": "person", "attributes": {"team": "red", "users": "ann"}, "key": key}
    show.run(home, "ann", as_json=False)
    assert key in capsys.readouterr().out


def test_an_attribute_has_a_name_and_a_value(home: Path) -> None:
    done = CliRunner().invoke(add.command, ["ann", "--attribute", "team", "--home", str(home)])
    assert isinstance(done.exception, InputInvalid)
