"""Receivers over HTTPS that redirect, hang or fail for a while are told everything later, each notice once at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vigiles.ledger.home import Home
from vigiles.runtime.notify.delivery import Delivery, begin
from vigiles.runtime.notify.settings import load_receivers
from vigiles.runtime.notify.signature import verify


def test_nothing_is_lost(home: Path, settings: Any, https: Any, ledger: Any, secret_file: Path) -> None:
    server = https()
    settings(
        f'[notify.pager]\nkind = "webhook"\nurl = "{server.url}"\nca_file = "{server.authority}"\n'
        f'secret_file = "{secret_file}"\ntimeout_s = 1\n'
    )
    receivers = load_receivers(Home(home))
    begin(Home(home), receivers)
    delivery = Delivery(Home(home), "pager", receivers["pager"])
    expected = [ledger.find(severity=severity).id for severity in ("medium", "high", "critical")]
    for answer, slow_s, error in ((302, 0.0, "302"), (500, 0.0, "500"), (200, 3.0, "timed out")):
        server.answer, server.slow_s = (lambda path, status=answer: status), slow_s
        assert not delivery.run()
        assert error in delivery.state.error
    assert {path for path, _, _ in server.got} == {"/hook"}, "no redirect is followed"
    server.answer, server.slow_s = (lambda path: 200), 0.0
    server.got.clear()
    assert delivery.run()
    assert [json.loads(body)["id"] for _, _, body in server.got] == expected
    secret = secret_file.read_bytes().strip()
    for _, headers, body in server.got:
        signed = (headers["X-Vigiles-Timestamp"], headers["X-Vigiles-Signature"])
        assert verify(secret, *signed, body, int(signed[0]))
    assert (delivery.state.failures, delivery.state.told) == (0, 3)
