from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.erasure_grant import read_grant, write_request
from vigiles.ledger.wire import row_of
from vigiles.model.errors import InputInvalid

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def signed(path: Path, **changes: Any) -> Path:
    told = json.loads(path.read_text())
    told["signature"] = KEY.sign(bytes.fromhex(told["sign"])).hex()
    path.write_text(json.dumps(told | changes))
    return path


def test_what_the_principal_signed_is_erased_and_nothing_else(ledger: Any, make: Any, tmp_path: Path) -> None:
    ledger.append(make.principal("alice", KEY), make.act(1), make.act(2))
    write_request(tmp_path / "a", [1], "asked for", "alice")
    ledger.book.erase(row_of(read_grant(signed(tmp_path / "a"))))
    assert ledger.verify().erased == 1
    write_request(tmp_path / "b", [2], "asked for", "alice")
    for changes in ({"indices": [0, 2]}, {"reason": "other"}, {"principal": "operator"}, {"signature": "00" * 64}):
        with pytest.raises(InputInvalid):
            ledger.book.erase(row_of(read_grant(signed(tmp_path / "b", **changes))))
    with pytest.raises(InputInvalid, match="no body"):
        ledger.book.erase(row_of(read_grant(tmp_path / "a")))  # the same grant again
    assert ledger.verify().erased == 1


@pytest.mark.parametrize("changes", [{"signature": ""}, {"indices": [2, 1]}, {"indices": []}, {"more": 1}, {"reason": 5}])
def test_a_file_that_is_no_grant(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_request(tmp_path / "a", [1, 2], "r", "alice")
    with pytest.raises(InputInvalid):
        read_grant(signed(tmp_path / "a", **changes))


def test_files_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"\xff")
    with pytest.raises(InputInvalid, match="File exists"):
        write_request(tmp_path / "there", [1], "r", "alice")
    for name in ("there", "none"):
        with pytest.raises(InputInvalid):
            read_grant(tmp_path / name)
