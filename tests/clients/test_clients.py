"""Real clients in a real cell: each reaches the allowed host by each of its ways, and hears no at once for any other."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.cell

HERE = Path(__file__).parent
#: A refusal comes within this time, milliseconds; the client, which has to start and to end as well, may take this long more
#: than three times what it takes to succeed: machines are busy, and a hang would last until somebody's patience ends.
AT_ONCE_MS, CLIENT_MS = 2000, 5000
VIA = {"plain": "transparent", "proxy": "connect", "socks": "socks"}


def _load(name: str) -> ModuleType:
    """Load a neighbour by its path: test modules are no packages."""
    spec = importlib.util.spec_from_file_location(f"clients_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


CLIENTS = _load("table").CLIENTS


def lacking(name: str) -> str:
    """Return why this client is not asked here, empty if it is."""
    missing = [command for command in CLIENTS[name].needs if shutil.which(command) is None]
    if missing:
        return f"this machine lacks {', '.join(missing)}"
    if name == "pip" and importlib.util.find_spec("pip") is None:
        return "this Python has no pip"
    if CLIENTS[name].heavy and os.geteuid() == 0 and not os.environ.get("VIGILES_ALL_CLIENTS"):
        return "as root only clients that start fast are asked; VIGILES_ALL_CLIENTS=1 asks all"
    return ""


@pytest.fixture(scope="session")
def done(play: Any) -> Any:
    return play(HERE / "asking.py", "pass", *(name for name in CLIENTS if not lacking(name)))


@pytest.fixture(scope="session")
def ended(play: Any) -> Any:
    """As ``done``, where the door ends TLS."""
    return play(HERE / "asking.py", "terminate", *(name for name in CLIENTS if not lacking(name)))


WAYS = pytest.mark.parametrize(("name", "way"), [(name, way) for name, client in CLIENTS.items() for way in client.ways])


@WAYS
def test_the_allowed_host_and_no_other(done: Any, name: str, way: str) -> None:
    if why := lacking(name):
        pytest.skip(why)
    allowed, blocked = (done[f"{name} | {way} | {what}"] for what in ("allowed", "blocked"))
    assert allowed["code"] == 0, allowed
    assert CLIENTS[name].says in allowed["output"], allowed
    assert {(flow[0], flow[1], flow[4]) for flow in allowed["flows"]} == {(VIA[way], "mirror.example", "allowed")}
    assert blocked["code"] not in (0, None), blocked
    assert blocked["ms"] < 3 * allowed["ms"] + CLIENT_MS, (allowed["ms"], blocked)
    assert all(flow[5] < AT_ONCE_MS for flow in blocked["flows"]), blocked
    assert {flow[3] for flow in blocked["flows"]} <= {"refused"}
    reasons = {flow[4] for flow in blocked["flows"]} | {name[2] for name in blocked["names"] if name[1] == "refused"}
    assert reasons <= {"dns_name", "egress_host"}, blocked
    assert reasons, blocked


@WAYS
def test_where_the_door_ends_tls_no_client_has_to_be_told(ended: Any, name: str, way: str) -> None:
    if why := lacking(name):
        pytest.skip(why)
    allowed = ended[f"{name} | {way} | allowed"]
    assert allowed["code"] == 0, allowed
    assert CLIENTS[name].says in allowed["output"], allowed
    assert {(flow[0], flow[1], flow[4]) for flow in allowed["flows"]} == {(VIA[way], "mirror.example", "allowed")}


#: What each attempt ends in; every other one is EACCES at the connect itself.
ENDS = {
    "a port that is not listed": "ECONNRESET",
    "another host's name at the address": "ECONNRESET",
    "a name whose address is refused": "ECONNRESET",
    "QUIC, by sendto": "ENETUNREACH",
    "QUIC to the real address": "ENETUNREACH",
    "another name server": "ENETUNREACH",
    "MPTCP": "EPROTONOSUPPORT",
    "SCTP": "EPROTONOSUPPORT",
    "ping": "EPROTONOSUPPORT",
    "ping over IPv6": "EPROTONOSUPPORT",
    "a raw socket": "EPERM",
    "TCP Fast Open": "ENOTSUP",
    "CONNECT to a made-up address never given out": "egress_address",
    "CONNECT, IPv6": "egress_address",
}


def test_nothing_gets_past_the_redirection(done: Any) -> None:
    attacks = done["attacks"]
    assert len(attacks) > 30, attacks
    expected = {name: "reply 2" if name.startswith("SOCKS") else ENDS.get(name, "EACCES") for name in attacks}
    assert {name: came for name, (came, _) in attacks.items()} == expected
    assert {name: ms for name, (_, ms) in attacks.items() if ms > AT_ONCE_MS} == {}
    assert done["strays"] == []


def test_the_honest_thing_beside_each_works(done: Any) -> None:
    came = {name: what for name, (what, _) in done["twins"].items()}
    assert came.pop("the address").startswith("198.18.")
    assert came.pop("twice the same answer") == "True"
    assert {came.pop(f"{record} record of the host") for record in ("HTTPS", "SVCB")} == {"rcode 0, 0 records"}
    assert came == dict.fromkeys(came, "page")
    assert len(came) == 11


def test_an_address_given_to_one_call_may_be_used_by_another_under_its_own_name(done: Any) -> None:
    assert done["reused"]["an address given to another call"][0] == "page"
    assert {(flow[0], flow[1]) for flow in done["reusing"]["flows"]} == {("transparent", "mirror.example")}
    assert done["reusing"]["names"] == []
