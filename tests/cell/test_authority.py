"""A cell's authority: what it may sign, and that its key stays out of every text."""

from __future__ import annotations

import datetime
import hashlib
import subprocess
from pathlib import Path
from shutil import which

import msgspec
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from vigiles.cell import authority
from vigiles.cell.door.config import DoorConfig
from vigiles.model.coordinates import Coordinates
from vigiles.ruleset.profile import Egress


def test_it_signs_hosts_and_no_other_authority() -> None:
    made, other = authority.mint(), authority.mint()
    certificate = x509.load_der_x509_certificate(made.certificate)
    limits = certificate.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS).value
    assert isinstance(limits, x509.BasicConstraints)
    assert (limits.ca, limits.path_length) == (True, 0)
    now = datetime.datetime.now(datetime.UTC)
    assert certificate.not_valid_before_utc < now - datetime.timedelta(hours=12)
    assert now + datetime.timedelta(days=90) < certificate.not_valid_after_utc
    assert certificate.subject != x509.load_der_x509_certificate(other.certificate).subject


def test_its_key_is_in_no_text() -> None:
    made = authority.mint()
    config = DoorConfig(coordinates=Coordinates(run="r", episode="e"), egress=Egress(), authority=made)
    for text in (repr(made), str(made), repr(config)):
        assert repr(made.key)[2:-1] not in text
        assert "withheld" in text
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(config), type=DoorConfig).authority == made


def test_what_is_told_to_the_cell_holds_no_key_and_is_found_by_openssl(tmp_path: Path) -> None:
    made = authority.mint()
    trust = authority.trust_in(made)
    assert "PRIVATE" not in trust.certificate
    assert made.key not in trust.keystore
    assert authority.fingerprint(trust.certificate) == hashlib.sha256(made.certificate).hexdigest()
    openssl = which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here")
    (tmp_path / "ca.pem").write_text(trust.certificate)
    asked = [openssl, "x509", "-in", str(tmp_path / "ca.pem"), "-noout", "-subject_hash"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip() == trust.hashed


@pytest.mark.parametrize(
    ("egress", "ends"),
    [
        (Egress(mode="allow", tls="terminate", hosts=["a:443"]), True),
        (Egress(mode="allow", tls="terminate"), False),
        (Egress(mode="allow", hosts=["a:443"]), False),
        (Egress(mode="observe", tls="terminate", hosts=["a:443"]), False),
    ],
)
def test_where_tls_ends(egress: Egress, ends: bool) -> None:
    assert authority.terminates(egress) is ends
