"""A cell that terminates TLS: ordinary clients work in it without a word, and what they asked for is on record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell import authority
from vigiles.model.errors import InputInvalid
from vigiles.ruleset.profile import Egress
from vigiles.runtime.outfitting import trust

Record = dict[str, Any]


@pytest.fixture(scope="module")
def played(play: Any) -> Record:
    result: Record = play(Path(__file__).with_name("trust_play.py"), seconds=120)
    return result


@pytest.mark.cell
@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("urllib", "hello from the mirror"),
        ("urllib transparent", "hello from the mirror"),
        ("curl", "hello from the mirror"),
        ("curl transparent", "hello from the mirror"),
        ("curl without environment", "hello from the mirror"),
        ("node", "hello from the mirror"),
        ("java", "hello from the mirror"),
        ("git", "cloned"),
        ("pip", ""),
    ],
)
def test_a_client_works_and_its_requests_are_read(played: Record, client: str, said: str) -> None:
    if client not in played["got"]:
        pytest.skip(f"{client} is not here")
    call, code, out, error = played["got"][client]
    assert (code, out) == (0, said), error
    flows = [r for r in played["records"] if r["type"] == "flow" and r["attribution"]["call"] == call]
    assert flows
    assert all("tls.terminated" in flow["marks"] for flow in flows if flow["phase"] == "close")
    asked = [r for r in played["records"] if r["type"] == "http_request" and r["attribution"]["call"] == call]
    assert {one["host"] for one in asked} == {"mirror.example"}
    assert 200 in {one["status"] for one in asked}


@pytest.mark.cell
def test_a_host_that_cannot_prove_who_it_is(played: Record) -> None:
    call, code, out, error = played["got"]["unknown authority"]
    assert (code, out) == (35, "")
    assert "unknown ca" in error
    (flow,) = [r for r in played["records"] if r["type"] == "flow" and r["attribution"]["call"] == call]
    assert (flow["phase"], flow["reason"]) == ("refused", "egress_certificate")


@pytest.mark.cell
def test_the_roots_cannot_be_changed_and_the_authority_is_on_record(played: Record) -> None:
    _, code, count, error = played["got"]["root of the machine"]
    assert code != 0
    assert int(count) >= 1
    assert "denied" in error or "Read-only" in error
    (ready,) = [r for r in played["records"] if r["type"] == "cell_ready"]
    (control,) = [one for one in ready["controls"] if one["name"] == "TLS termination"]
    assert control["applied"]
    assert "SHA-256" in control["detail"]
    assert "PRIVATE" not in str(played["records"])


def egress(path: Path) -> Egress:
    return Egress(mode="allow", tls="terminate", hosts=["a.example:443"], trust=[str(path)])


def test_roots_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    text = authority.trust_in(authority.mint()).certificate
    (tmp_path / "root.pem").write_text(text)
    assert trust.roots(egress(tmp_path / "root.pem")) == [text]
    assert trust.roots(egress(Path("~/root.pem"))) == [text]
    assert trust.roots(Egress(mode="allow")) == []


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.write_text("no certificate"), "holds no root"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "holds no root"),
        (lambda path: path.write_bytes(b"a" * (1 << 20) + b"b"), "larger than"),
        (lambda path: path.mkdir(), "directory"),
    ],
)
def test_roots_that_cannot_be_read_stop_the_start(tmp_path: Path, write: Callable[[Path], None], said: str) -> None:
    write(tmp_path / "root.pem")
    with pytest.raises(InputInvalid, match=said) as raised:
        trust.roots(egress(tmp_path / "root.pem"))
    assert str(tmp_path) in str(raised.value)
