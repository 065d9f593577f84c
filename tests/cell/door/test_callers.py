"""Which registration is whose, when ports are shared, used again, or registered twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from vigiles.cell.door.callers import Caller, Callers, Source
from vigiles.cell.door.messages import ItIs, Reachable, Registration, WhoIs

PORT, PROXY, DNS = 40_000, 3128, 53


def registration(
    call: int, door_port: int = PROXY, transport: Literal["tcp", "udp"] = "tcp", **more: object
) -> Registration:
    fixed = {"family": "inet", "source_address": "127.0.0.1", "source_port": PORT, "pid": 9}
    return Registration(transport=transport, door_port=door_port, call=call, **fixed, **more)  # type: ignore[arg-type]  # by name


def source(door_port: int = PROXY, *, stands: bool = True) -> Source:
    return Source("127.0.0.1", PORT, door_port, lambda: stands)


class Notifier:
    """Answers each question with ``owner``, at once (``None``: says it does not know)."""

    def __init__(self, owner: int | None) -> None:
        self.owner = owner
        self.asked: list[WhoIs] = []
        self.now = 0.0
        self.callers = Callers(self._ask, 0.3, clock=lambda: self.now)

    def _ask(self, question: WhoIs | Reachable) -> None:
        assert isinstance(question, WhoIs)
        self.asked.append(question)
        methods = ["socket_owner", "uts"] if self.owner is not None else []
        answer = ItIs(token=question.token, call=self.owner, pid=5, methods=methods)  # type: ignore[arg-type]  # as listed
        asyncio.get_running_loop().call_soon(self.callers.heard, answer)


def played(owner: int | None, play: Callable[[Notifier], object]) -> tuple[object, Notifier]:
    notifier = Notifier(owner)

    async def run() -> object:
        result = play(notifier)
        return await result if asyncio.iscoroutine(result) or asyncio.isfuture(result) else result

    return asyncio.run(run()), notifier


def test_one_source_port_to_two_of_the_doors_ports() -> None:
    async def play(n: Notifier) -> list[int | None]:
        n.callers.heard(registration(2, DNS))
        n.callers.heard(registration(1, PROXY))
        return [(await n.callers.tcp(source(PROXY))).call, (await n.callers.tcp(source(DNS))).call]

    calls, notifier = played(None, play)
    assert calls == [1, 2]
    assert notifier.asked == []


def test_registrations_that_contradict_each_other_are_worth_nothing() -> None:
    async def play(n: Notifier) -> list[int | None]:
        n.callers.heard(registration(1))
        n.callers.heard(registration(2))
        reset = await n.callers.tcp(source(stands=False))
        stands = await n.callers.tcp(source())
        n.callers.heard(registration(1))  # still nobody can tell
        return [reset.call, stands.call, (await n.callers.tcp(source())).call]

    calls, notifier = played(2, play)
    assert calls == [None, 2, 2]
    assert {question.door_port for question in notifier.asked} == {PROXY}


def test_two_that_wait_for_one_registration_are_asked_about() -> None:
    async def play(n: Notifier) -> list[int | None]:
        first = asyncio.ensure_future(n.callers.tcp(source(stands=False)))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(n.callers.tcp(source()))
        await asyncio.sleep(0)
        n.callers.heard(registration(1))
        n.callers.heard(registration(2))
        return [(await first).call, (await second).call]

    assert played(2, play)[0] == [None, 2]


def test_a_registration_that_nothing_claimed_is_forgotten() -> None:
    async def play(n: Notifier) -> int | None:
        n.callers.heard(registration(1))
        n.now = 60
        return (await n.callers.tcp(source())).call

    assert played(2, play)[0] == 2


def test_a_registration_after_the_patience_is_not_the_next_ones() -> None:
    async def play(n: Notifier) -> list[int | None]:
        n.callers._ask = lambda _: None  # type: ignore[method-assign]  # a notifier that is busy
        lost = await n.callers.tcp(source())
        n.callers.heard(registration(1))
        n.callers._ask = n._ask  # type: ignore[method-assign]  # and is no more
        return [lost.call, (await n.callers.tcp(source())).call]

    assert played(2, play)[0] == [None, 2]


def test_a_datagram_of_nobody_is_nobodys() -> None:
    async def play(n: Notifier) -> list[tuple[str, int | None, bool]]:
        found: list[Caller] = []
        for owner, wait in ((2, 0.0), (None, 0.0), (2, 0.0)):
            n.owner = owner
            found.append(await n.callers.udp("127.0.0.1", PORT, DNS))
            n.now += wait
        n.callers.heard(registration(1, DNS, "udp"))
        n.now += 1.5
        found.append(await n.callers.udp("127.0.0.1", PORT, DNS))
        return [(one.attribution.grade, one.call, bool(one.attribution.disagreement)) for one in found]

    async def registered(n: Notifier) -> list[tuple[str, int | None, bool]]:
        n.callers.heard(registration(1, DNS, "udp"))
        return await play(n)

    said, _ = played(None, registered)
    assert said == [("exact", 2, True), ("none", None, False), ("exact", 2, False), ("exact", 2, False)]
