"""Where a cell's programs find whom to trust: over what the machine has, and named to those that look elsewhere."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from vigiles.cell import authority, trust
from vigiles.cell.spec import CellSpec

OURS = authority.trust_in(authority.mint())
SPEC = CellSpec(run="r", episode="e", uid=1, gid=1, host_root=False, workdir="/w", workdir_mode="overlay", trust=OURS)
PLAIN = msgspec.structs.replace(SPEC, trust=None)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    trust.write(OURS, b"the machine's\n", str(tmp_path / "trust"))
    return tmp_path


def test_the_files(written: Path) -> None:
    bundle, store = written / "trust" / "roots.pem", written / "trust" / "roots.p12"
    assert bundle.read_text() == "the machine's\n" + OURS.certificate
    assert store.read_bytes() == OURS.keystore
    assert {path.stat().st_mode & 0o777 for path in (bundle, store)} == {0o444}
    assert set(trust.etc_files(str(written / "trust"))) == set(trust.BUNDLES)


def laid(written: Path) -> set[str]:
    ours = written / "ours"
    ours.mkdir()
    trust.lay_over(OURS, str(written / "trust"), str(ours), str(written / "etc"))
    return {str(path.relative_to(ours)) for path in ours.rglob("*") if path.is_file()}


def test_they_lie_where_the_machine_has_such_files(written: Path) -> None:
    certs = written / "etc" / "ssl" / "certs"
    (certs / "java").mkdir(parents=True)
    (certs / "ca-certificates.crt").write_text("debian")
    (certs / "java" / "cacerts").write_text("java")
    (written / "etc" / "ssl" / "cert.pem").symlink_to("certs/ca-certificates.crt")
    assert laid(written) == {
        "ssl/certs/ca-certificates.crt", "ssl/certs/java/cacerts", "ssl/cert.pem", f"ssl/certs/{OURS.hashed}.0",
    }  # fmt: skip


def test_a_place_behind_a_link_gets_nothing_of_its_own(written: Path) -> None:
    real = written / "etc" / "pki" / "tls" / "certs"
    real.mkdir(parents=True)
    (real / "ca-bundle.crt").write_text("fedora")
    (real / "ca-certificates.crt").write_text("fedora")
    (written / "etc" / "ssl").mkdir()
    (written / "etc" / "ssl" / "certs").symlink_to("../pki/tls/certs")
    assert laid(written) == {"pki/tls/certs/ca-bundle.crt"}


def test_a_machine_without_any_gets_none(written: Path) -> None:
    (written / "etc").mkdir()
    assert laid(written) == set()


def test_the_variables() -> None:
    named = trust.environment(SPEC, {"JAVA_TOOL_OPTIONS": "-Xmx1g"})
    assert named["SSL_CERT_FILE"] == named["NODE_EXTRA_CA_CERTS"] == "/run/vigiles/trust/roots.pem"
    assert named["JAVA_TOOL_OPTIONS"].startswith("-Djavax.net.ssl.trustStore=/run/vigiles/trust/roots.p12 ")
    assert named["JAVA_TOOL_OPTIONS"].endswith(" -Xmx1g")
    assert trust.environment(PLAIN, {}) == {}
    bare = msgspec.structs.replace(SPEC, private="/tmp/vigiles-e")
    assert trust.environment(bare, {})["PIP_CERT"] == "/tmp/vigiles-e/trust/roots.pem"
