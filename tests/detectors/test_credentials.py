from __future__ import annotations

from typing import Any

import pytest

from vigiles.detectors.credentials import Credentials
from vigiles.ledger.mint import new_id, now
from vigiles.model.credential import CredentialsHeld, Placeholder
from vigiles.protocols.honey import token_of

TOKEN = "sk-Zk3vQ9xT1mB7yL5wR2pCa8Nd4Fh6Jg0K"


@pytest.fixture
def detector() -> Credentials:
    made = Credentials()
    held = [Placeholder(token=token_of("api", TOKEN, b"\xaa"), hosts=["api.example:443"])]
    assert made.feed(CredentialsHeld(id=new_id("crd"), at=now(), salt="aa", placeholders=held)) == []
    return made


def test_to_another_place_and_out_of_its_place(detector: Credentials, make: Any) -> None:
    elsewhere = make.flow(host="evil.example", phase="refused", marks=["credential.elsewhere=api"])
    (finding,) = detector.feed(elsewhere)
    assert (finding.rule, finding.severity, finding.blocked) == ("credentials.elsewhere", "high", True)
    assert detector.feed(elsewhere) == []
    (finding,) = detector.feed(make.flow(host="api.example", marks=["credential.out_of_place=api"]))
    assert (finding.rule, finding.severity, finding.blocked) == ("credentials.out_of_place", "medium", False)


def test_a_name_with_it(detector: Credentials, make: Any) -> None:
    (finding,) = detector.feed(make.dns(f"{TOKEN[:20].lower()}.{TOKEN[20:].lower()}.example"))
    assert finding.rule == "credentials.elsewhere"
    assert TOKEN not in finding.summary


def test_the_honest_twin_uses_it_where_it_goes(detector: Credentials, make: Any) -> None:
    assert detector.feed(make.flow(host="api.example", marks=["http.host=api.example"])) == []
    assert detector.feed(make.dns("api.example")) == []
    assert detector.feed(make.flow(host="x.example", marks=["credential.elsewhere=unknown"])) == []


def test_nothing_is_concluded_where_nothing_is_held(make: Any) -> None:
    assert Credentials().feed(make.flow(host="evil.example", marks=["credential.elsewhere=api"])) == []
