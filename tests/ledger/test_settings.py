from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.ledger.home import Home
from vigiles.ledger.settings import load_table
from vigiles.model.errors import InputInvalid


def test_each_reads_its_own_table(home: Path) -> None:
    assert load_table(Home(home), "sinks") == {}
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_text('[sinks.a]\nkind = "file"\n[notify.b]\nkind = "command"\n')
    assert load_table(Home(home), "sinks") == {"a": {"kind": "file"}}
    assert load_table(Home(home), "notify") == {"b": {"kind": "command"}}


@pytest.mark.parametrize(
    ("text", "named"), [("sinks = 1", "sinks: not a table"), ("[notfy.x]", "notfy: no such table"), ("[sinks", "not TOML")]
)
def test_mistakes_are_named(home: Path, text: str, named: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_text(text)
    with pytest.raises(InputInvalid, match=named) as error:
        load_table(Home(home), "sinks")
    assert error.value.remedy


def test_a_file_that_is_no_text(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_bytes(b"\xff")
    with pytest.raises(InputInvalid, match="cannot read"):
        load_table(Home(home), "notify")
