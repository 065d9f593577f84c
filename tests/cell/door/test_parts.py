"""The door's small parts, alone."""

from __future__ import annotations

import asyncio
import socket

import pytest

from vigiles.cell.door.allowance import Allowance
from vigiles.cell.door.callers import Callers, Source, plain_address
from vigiles.cell.door.config import DoorConfig
from vigiles.cell.door.dial import Dialler, Undialled
from vigiles.cell.door.dns.names import MAX_ADDRESSES, MAX_NAMES, Names
from vigiles.cell.door.messages import (
    Cut,
    ItIs,
    Registration,
    WhoIs,
    decode_from_notifier,
    decode_from_supervisor,
    decode_to_notifier,
    encode,
)
from vigiles.cell.door.passing.promise import may_speak_http
from vigiles.cell.door.refusal import Refusal, forbidden
from vigiles.model.coordinates import Coordinates
from vigiles.model.reason import REASON_CODES
from vigiles.ruleset.profile import Egress

DOOR = 3128


def registration(port: int, call: int) -> Registration:
    return Registration(
        transport="tcp", family="inet", source_address="127.0.0.1", source_port=port, door_port=DOOR, call=call, pid=9
    )


def test_messages_survive_the_way() -> None:
    assert decode_from_notifier(encode(registration(5, 6))) == registration(5, 6)
    assert decode_from_supervisor(encode(Cut(token=1))) == Cut(token=1)
    asked = WhoIs(token=1, transport="udp", family="inet6", source_address="::1", source_port=2, door_port=53)
    assert decode_to_notifier(encode(asked)) == asked


def test_budgets() -> None:
    coordinates = Coordinates(run="r", episode="e")
    allowance = Allowance(
        DoorConfig(coordinates=coordinates, egress=Egress(), egress_bytes_call=10, egress_bytes_episode=15)
    )
    assert allowance.spend(1, 10)
    assert not allowance.spend(1, 1)
    assert not allowance.spend(2, 6)
    assert allowance.spend(2, 5)
    assert not allowance.spend(3, 1)
    assert Allowance(DoorConfig(coordinates=coordinates, egress=Egress())).spend(1, 10**12)


def test_names_are_bounded_and_newest_first() -> None:
    told: list[str] = []
    names = Names(told.append)
    for at in range(MAX_NAMES + 5):
        names.gave(f"n{at}", "192.0.2.1")
    assert names.of("192.0.2.1")[0] == f"n{MAX_NAMES + 4}"
    assert len(names.of("192.0.2.1")) == MAX_NAMES
    for at in range(MAX_ADDRESSES):
        names.gave("n", f"198.51.100.{at}")
    assert names.of("192.0.2.1") == []


@pytest.mark.parametrize(
    ("text", "plain"), [("::ffff:127.0.0.1", "127.0.0.1"), ("fe80::1%eth0", "fe80::1"), ("::0001", "::1"), ("odd", "odd")]
)
def test_one_spelling_of_an_address(text: str, plain: str) -> None:
    assert plain_address(text) == plain


def test_a_registration_is_used_once_and_the_notifier_is_asked_otherwise() -> None:
    asked: list[WhoIs] = []
    callers = Callers(asked.append, 0.15)

    async def play() -> list[int | None]:
        callers.heard(registration(1000, 1))
        first = await callers.tcp(Source("::ffff:127.0.0.1", 1000, DOOR, lambda: True))
        again = await callers.tcp(Source("127.0.0.1", 1000, DOOR, lambda: True))
        late = asyncio.ensure_future(callers.tcp(Source("127.0.0.1", 1001, DOOR, lambda: True)))
        await asyncio.sleep(0.01)
        callers.heard(registration(1001, 2))
        answered = asyncio.ensure_future(callers.tcp(Source("127.0.0.1", 1002, DOOR, lambda: True)))
        while len(asked) < 2:
            await asyncio.sleep(0.01)
        callers.heard(ItIs(token=asked[-1].token, call=3, methods=["uts"]))
        callers.heard(ItIs(token=12345, call=99))
        found = [first, again, await late, await answered]
        assert [one.attribution.grade for one in found] == ["exact", "none", "exact", "exact"]
        return [one.call for one in found]

    assert asyncio.run(play()) == [1, None, 2, 3]
    assert [question.source_port for question in asked] == [1000, 1002]


def test_only_checked_addresses_are_dialled() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    async def dial(egress: Egress, host: str) -> str:
        sock, address = await Dialler(egress).dial(host, port)
        sock.close()
        return address

    with listener:
        listed = Egress(mode="allow", hosts=[f"localhost:{port}", f"pinned.example:{port}"])
        with pytest.raises(Refusal) as refused:
            asyncio.run(dial(listed, "localhost"))
        assert refused.value.reason == "egress_address"
        pinned = Egress(mode="allow", hosts=listed.hosts, pins={f"pinned.example:{port}": "127.0.0.1"})
        assert asyncio.run(dial(pinned, "pinned.example")) == "127.0.0.1"
        with pytest.raises(Undialled) as failed:
            asyncio.run(dial(Egress(mode="observe"), "no-such-host.invalid"))
        assert failed.value.kind == "name"


def test_plain_http_on_443_is_no_promise() -> None:
    egress = Egress(mode="allow", hosts=["a.example:443"])
    assert not may_speak_http(egress, 443)
    assert may_speak_http(egress, 80)
    assert may_speak_http(Egress(mode="observe"), 443)


def test_every_refusal_is_constant_text() -> None:
    for code in REASON_CODES:
        answer = forbidden(code)  # type: ignore[arg-type]  # the codes are the literal's values
        head, _, body = answer.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n"
        assert f"\r\nVigiles-Reason: {code}\r\n".encode() in head
