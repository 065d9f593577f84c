"""Whose connection is this? The notifier registers every connect it made for a call; the door asks when it did not.

A TCP registration is used up by the connection it names, so a source port that is used again never inherits a call. For
UDP the notifier is always asked: a port can change hands between a registered connect and a datagram.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable

import msgspec

from vigiles.cell.door.messages import AddressFamily, Carrier, ItIs, Reachable, Registration, WhoIs
from vigiles.model.attribution import NOBODY, Attribution, Grade, Method

#: Registrations kept that no connection has claimed yet; the oldest go first.
MAX_UNCLAIMED = 4096
#: How long a connection waits for its registration before the notifier is asked, seconds.
_GRACE = 0.1
#: Methods that rest on an identity the kernel holds; anything else is inference.
_EXACT: frozenset[Method] = frozenset(["listener", "uts", "cgroup", "socket_owner", "door_port"])

_Key = tuple[Carrier, str, int]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """``destination``: the address and port a redirected connect was meant for."""

    call: int | None
    pid: int | None
    attribution: Attribution
    destination: tuple[str, int] | None = None


NOT_KNOWN = Caller(call=None, pid=None, attribution=NOBODY)


class Callers:
    """Registrations not yet claimed, questions not yet answered."""

    def __init__(self, ask: Callable[[WhoIs | Reachable], None], patience_s: float) -> None:
        self._ask = ask
        self._patience = patience_s
        self._unclaimed: dict[_Key, Registration] = {}
        self._waiting: dict[_Key, asyncio.Future[Registration | ItIs]] = {}
        self._asked: dict[int, asyncio.Future[Registration | ItIs]] = {}
        self._owed: dict[_Key, bool] = {}  # registrations still to come of connections that were turned away
        self._token = 0

    def tell_reachable(self, address: str) -> None:
        """Let the notifier hand on connects to ``address``, which DNS is about to give out."""
        self._ask(Reachable(address=address))

    def heard(self, message: Registration | ItIs) -> None:
        """Take a message from the notifier."""
        if isinstance(message, ItIs):
            future = self._asked.pop(message.token, None)
            if future is not None and not future.done():
                future.set_result(message)
            return
        key = (message.transport, plain_address(message.source_address), message.source_port)
        if self._owed.pop(key, None):
            return
        waiting = self._waiting.pop(key, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)
            return
        self._unclaimed.pop(key, None)
        self._unclaimed[key] = message
        if len(self._unclaimed) > MAX_UNCLAIMED:
            del self._unclaimed[next(iter(self._unclaimed))]

    def turned_away(self, address: str, port: int) -> None:
        """A connection was closed unheard: its registration must not wait for the next one from that port."""
        key: _Key = ("tcp", plain_address(address), port)
        if self._unclaimed.pop(key, None) is None:
            self._owed[key] = True

    async def tcp(self, address: str, port: int) -> Caller:
        """Return the caller of an accepted connection from ``address``:``port``; its registration is used up."""
        key: _Key = ("tcp", plain_address(address), port)
        registered = self._unclaimed.pop(key, None)
        if registered is not None:
            return _registered(registered)
        answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        token = 0
        try:
            done, _ = await asyncio.wait([answer], timeout=min(_GRACE, self._patience))
            if not done:
                token = self._question("tcp", key, answer)
                await asyncio.wait([answer], timeout=self._patience)
            if not answer.done():
                return NOT_KNOWN
            message = answer.result()
            return _registered(message) if isinstance(message, Registration) else _told(message)
        finally:
            self._asked.pop(token, None)
            if self._waiting.get(key) is answer:
                del self._waiting[key]

    async def udp(self, address: str, port: int) -> Caller:
        """Return who owns the UDP socket at ``address``:``port`` now."""
        key: _Key = ("udp", plain_address(address), port)
        answer: asyncio.Future[Registration | ItIs] = asyncio.get_running_loop().create_future()
        token = self._question("udp", key, answer)
        try:
            await asyncio.wait([answer], timeout=self._patience)
        finally:
            self._asked.pop(token, None)
        registered = self._unclaimed.get(key)
        told = answer.result() if answer.done() else None
        if isinstance(told, ItIs) and told.call is not None:
            return _both(_told(told), registered)
        if registered is None:
            return NOT_KNOWN
        # The socket may be gone, or be another's by now: the registration is a good guess, not a proof.
        guess = Attribution(grade="inferred", call=registered.call, methods=["door_port"])
        return Caller(call=registered.call, pid=registered.pid, attribution=guess)

    def _question(self, transport: Carrier, key: _Key, answer: asyncio.Future[Registration | ItIs]) -> int:
        self._token += 1
        self._asked[self._token] = answer
        family: AddressFamily = "inet6" if ":" in key[1] else "inet"
        self._ask(WhoIs(token=self._token, transport=transport, family=family, source_address=key[1], source_port=key[2]))
        return self._token


def plain_address(text: str) -> str:
    """Return an address in one spelling: an IPv4 address in IPv6 clothes becomes IPv4, a scope is dropped."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def _registered(message: Registration) -> Caller:
    destination = None
    if message.destination_host is not None and message.destination_port is not None:
        destination = (plain_address(message.destination_host), message.destination_port)
    exact = Attribution(grade="exact", call=message.call, methods=["listener", "door_port"])
    return Caller(call=message.call, pid=message.pid, attribution=exact, destination=destination)


def _told(message: ItIs) -> Caller:
    if message.call is None:
        return NOT_KNOWN
    grade: Grade = "exact" if _EXACT.intersection(message.methods) else "inferred"
    known = Attribution(grade=grade, call=message.call, methods=list(message.methods))
    return Caller(call=message.call, pid=message.pid, attribution=known)


def _both(caller: Caller, registered: Registration | None) -> Caller:
    if registered is None or registered.call == caller.call:
        return caller
    said = [f"{method}={caller.call}" for method in caller.attribution.methods]
    doubt = msgspec.structs.replace(caller.attribution, disagreement=[*said, f"door_port={registered.call}"])
    return msgspec.structs.replace(caller, attribution=doubt)
