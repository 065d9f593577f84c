"""Leaf certificates: one for each host that is asked for, that a strict client accepts, and no more than are kept."""

from __future__ import annotations

import contextlib
import ssl
from typing import Any

import pytest

from vigiles.cell import authority
from vigiles.cell.door.tls import leaves
from vigiles.cell.door.tls.leaves import Leaves

OURS = authority.mint()
LONG = f"{'a' * 60}.{'b' * 60}.example"


def shaken(server: ssl.SSLContext, host: str) -> Any:
    """Let a client that checks all that RFC 5280 asks for meet the server; return the certificate."""
    client = ssl.create_default_context(cadata=authority.trust_in(OURS).certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    out, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(back, out, server_hostname=host), server.wrap_bio(out, back, server_side=True)]
    for _ in range(4):
        for end in ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    return ends[0].getpeercert()


@pytest.mark.parametrize("host", ["allowed.example", "203.0.113.7", "2001:db8::7", "xn--bcher-kva.example", LONG])
def test_a_strict_client_accepts_it(host: str) -> None:
    kind = "IP Address" if host[0] == "2" else "DNS"
    ((found, name),) = shaken(Leaves(OURS, []).context(host), host)["subjectAltName"]
    assert found == kind
    assert name == host or kind == "IP Address"


def test_it_is_for_no_other_host() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(Leaves(OURS, []).context("allowed.example"), "evil.example")


def test_it_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves, "_MOST", 2)
    made = Leaves(OURS, [])
    first = made.context("a.example")
    assert made.context("a.example") is first
    for name in ("b.example", "c.example"):
        made.context(name)
    assert made.context("a.example") is not first
    monkeypatch.setattr(leaves, "_FRESH_S", -1)
    again = made.context("a.example")
    assert made.context("a.example") is not again
