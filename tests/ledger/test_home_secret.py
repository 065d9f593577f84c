from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.ledger.home import Home
from vigiles.ledger.home_secret import load_or_make_secret
from vigiles.model.errors import InputInvalid


def test_it_is_made_once_and_closed(tmp_path: Path) -> None:
    first = load_or_make_secret(tmp_path)
    assert len(first) == 32
    assert load_or_make_secret(tmp_path) == first
    assert Home(tmp_path).secret.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["home.secret"]


@pytest.mark.parametrize("fault", ["open", "short"])
def test_one_that_others_know_is_not_used(tmp_path: Path, fault: str) -> None:
    load_or_make_secret(tmp_path)
    Home(tmp_path).secret.chmod(0o644) if fault == "open" else Home(tmp_path).secret.write_bytes(b"x")
    with pytest.raises(InputInvalid):
        load_or_make_secret(tmp_path)
