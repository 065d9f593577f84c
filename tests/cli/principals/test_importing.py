from __future__ import annotations

import json
from pathlib import Path

import pytest

from vigiles.cli.principals import export, importing
from vigiles.model.errors import InputInvalid
from vigiles.runtime.approving.principals import Listed, add, registered


def test_what_one_home_exports_another_takes_once(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(home, Listed(name="ann", key="11" * 32))
    export.run(home)
    file = tmp_path / "register.json"
    file.write_text(capsys.readouterr().out)
    other = tmp_path / "other"
    for told in (["ann"], []):
        importing.run(other, file, as_json=True)
        assert json.loads(capsys.readouterr().out) == {"registered": told}
    assert registered(other)["ann"].key == "11" * 32


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"principals": [{"name": "a", "key": "zz"}]}',
        '{"principals": [{"name": "a"}, {"name": "a"}]}',
        '{"more": 1}',
    ],
)
def test_what_is_no_register_is_refused_whole(home: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "register.json"
    file.write_text(text)
    with pytest.raises(InputInvalid):
        importing.run(home, file, as_json=True)
    assert registered(home) == {}
