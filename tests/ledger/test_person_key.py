"""Keys of persons: as we make them, and as other tools do."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.person_key import line_of, make_key, read_private, read_public
from vigiles.model.errors import InputInvalid, NotFound

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
PEM, OPENSSH = serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH


def test_a_key_that_was_made_is_read_again_and_only_by_its_person(tmp_path: Path) -> None:
    path = tmp_path / "ann.key"
    public = make_key(path, "ann")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_private(path).public_key().public_bytes_raw().hex() == public
    assert read_public(str(tmp_path / "ann.key.pub")) == public
    with pytest.raises(InputInvalid):
        make_key(path, "ann")
    os.chmod(path, 0o640)
    with pytest.raises(InputInvalid, match="others"):
        read_private(path)


def test_openssh_and_pem_are_read(tmp_path: Path) -> None:
    path = tmp_path / "id_ed25519"
    path.write_bytes(KEY.private_bytes(PEM, OPENSSH, serialization.NoEncryption()))
    path.chmod(0o600)
    assert read_private(path).public_key().public_bytes_raw() == PUBLIC
    pem = KEY.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (PUBLIC.hex(), f"{line_of(PUBLIC)} ann@desk", pem):
        assert read_public(text) == PUBLIC.hex()
    assert line_of(PUBLIC).encode() == KEY.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "zz" * 32,
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 !",
        "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----",
    ],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(InputInvalid):
        read_public(text)


def test_other_keys_are_refused(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1())
    path = tmp_path / "other"
    path.write_bytes(other.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    path.chmod(0o600)
    with pytest.raises(InputInvalid, match="no Ed25519"):
        read_private(path)
    with pytest.raises(InputInvalid, match="stays with"):
        read_public(path.read_text())
    locked = KEY.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x"))
    path.write_bytes(locked)
    with pytest.raises(InputInvalid):
        read_private(path)
    with pytest.raises(NotFound):
        read_private(tmp_path / "none")
