"""Whose connection is this? The notifier registers every connect it made for a call; the door asks when it did not.

A TCP registration is used up by the connection it names, so a source port that is used again never inherits a call. One
that nothing claims soon is forgotten, and two that contradict each other are both worth nothing: then the notifier is
asked. For UDP it always is: a port can change hands between a registered connect and a datagram.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable

import msgspec

from vigiles.cell.door.messages import AddressFamily, Carrier, ItIs, Reachable, Registration, WhoIs
from vigiles.model.attribution import NOBODY, Attribution, Grade, Method

#: Registrations kept that no connection has claimed yet; the oldest go first.
MAX_UNCLAIMED = 4096
#: How long a connection waits for its registration before the notifier is asked, seconds.
_GRACE = 0.1
#: How long a registration is worth something, seconds. Who comes later is asked about, so short is safe.
_FRESH: dict[Carrier, float] = {"tcp": 15.0, "udp": 1.0}
#: How long no registration counts for a port from which two connections of different callers came, seconds.
_CONTESTED_S = 30.0
#: Methods that rest on an identity the kernel holds; anything else is inference.
_EXACT: frozenset[Method] = frozenset(["listener", "uts", "cgroup", "socket_owner", "door_port"])

_BY_PORT: list[Method] = ["listener", "door_port"]

#: Carrier, source address, source port, and the door's port: a source port may lead to several of these at once.
_Key = tuple[Carrier, str, int, int]


class Source(msgspec.Struct, frozen=True):
    """Where a connection comes from, and the door's port that it came to.

    ``stands`` says whether the connection still holds both addresses; as long as it does, no other socket can have them.
    ``handed``: what the notifier said when it handed the connection over, where the door has no listeners.
    ``meant``: where the kernel says that a connection was meant to go which it led here.
    """

    address: str
    port: int
    door_port: int
    stands: Callable[[], bool]
    handed: Registration | None = None
    meant: tuple[str, int] | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """``destination``: the address and port a redirected connect was meant for."""

    call: int | None
    pid: int | None
    attribution: Attribution
    destination: tuple[str, int] | None = None


NOT_KNOWN = Caller(call=None, pid=None, attribution=NOBODY)


class Callers:
    """Registrations not yet claimed, questions not yet answered. ``clock`` gives seconds.

    ``registered``: connections are registered by whoever made them; else each is asked about at once.
    """

    def __init__(
        self,
        ask: Callable[[WhoIs | Reachable], None],
        patience_s: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        registered: bool = True,
    ) -> None:
        self._ask = ask
        self._grace = _GRACE if registered else 0.0
        self._patience = patience_s
        self._clock = clock
        self._unclaimed: dict[_Key, tuple[Registration, float]] = {}
        self._waiting: dict[_Key, asyncio.Future[Registration | ItIs]] = {}
        self._asked: dict[int, asyncio.Future[Registration | ItIs]] = {}
        #: How many registrations are still to come of connections that need them no more.
        self._owed: dict[_Key, int] = {}
        self._contested: dict[_Key, float] = {}
        self._token = 0

    def tell_reachable(self, address: str, name: str | None = None) -> None:
        """Let the notifier hand on connects to ``address``, which DNS is about to give out; for ``name`` and no other."""
        self._ask(Reachable(address=address, name=name))

    def heard(self, message: Registration | ItIs) -> None:
        """Take a message from the notifier."""
        if isinstance(message, ItIs):
            future = self._asked.pop(message.token, None)
            if future is not None and not future.done():
                future.set_result(message)
            return
        key: _Key = (message.transport, plain_address(message.source_address), message.source_port, message.door_port)
        if self._is_owed(key) or self._is_contested(key):
            return
        waiting = self._waiting.pop(key, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)
            return
        before = self._claim(key)
        if before is not None and key[0] == "tcp" and _meant(before) != _meant(message):
            self._contest(key)
            return
        self._unclaimed[key] = (message, self._clock())
        if len(self._unclaimed) > MAX_UNCLAIMED:
            del self._unclaimed[next(iter(self._unclaimed))]

    def turned_away(self, source: Source) -> None:
        """A connection was closed unheard: its registration must not wait for the next one from that port."""
        if source.handed is not None:
            return
        key: _Key = ("tcp", plain_address(source.address), source.port, source.door_port)
        if self._claim(key) is None and not self._is_contested(key):
            self._owe(key)

    async def tcp(self, source: Source) -> Caller:
        """Return the caller of an accepted connection; its registration is used up."""
        if source.handed is not None:
            return _registered(source.handed, ["listener"])
        key: _Key = ("tcp", plain_address(source.address), source.port, source.door_port)
        registered = self._claim(key)
        if registered is not None:
            return _registered(registered, _BY_PORT)
        answer: asyncio.Future[Registration | ItIs] = asyncio.get_running_loop().create_future()
        if self._waiting.pop(key, None) is not None:
            # Two from one port wait at once: which of the registrations to come is whose cannot be told.
            self._contest(key)
        contested = self._is_contested(key)
        if not contested:
            self._waiting[key] = answer
        token = 0
        try:
            if not contested:
                await asyncio.wait([answer], timeout=min(self._grace, self._patience))
            if not answer.done():
                token = self._question("tcp", key, answer)
                await asyncio.wait([answer], timeout=self._patience)
            if not answer.done():
                if self._waiting.get(key) is answer:
                    self._owe(key)
                return NOT_KNOWN
            message = answer.result()
            if isinstance(message, Registration):
                return _registered(message, _BY_PORT)
            # Standing now, it stood while the notifier looked: what was found is this connection's other end.
            return _told(message) if source.stands() else NOT_KNOWN
        finally:
            self._asked.pop(token, None)
            if self._waiting.get(key) is answer:
                del self._waiting[key]

    async def udp(self, address: str, port: int, door_port: int) -> Caller:
        """Return who owns the UDP socket at ``address``:``port`` now; nobody, if that cannot be found out."""
        key: _Key = ("udp", plain_address(address), port, door_port)
        answer: asyncio.Future[Registration | ItIs] = asyncio.get_running_loop().create_future()
        token = self._question("udp", key, answer)
        try:
            await asyncio.wait([answer], timeout=self._patience)
        finally:
            self._asked.pop(token, None)
        told = answer.result() if answer.done() else None
        if not isinstance(told, ItIs) or told.call is None:
            # The socket that was registered may be gone and the port another's: its name is not worth a guess.
            self._unclaimed.pop(key, None)
            return NOT_KNOWN
        return _both(_told(told), self._fresh(key))

    def _claim(self, key: _Key) -> Registration | None:
        """Take out the registration of ``key``, if there is one that is still worth something."""
        found = self._fresh(key)
        self._unclaimed.pop(key, None)
        return found

    def _fresh(self, key: _Key) -> Registration | None:
        found = self._unclaimed.get(key)
        return found[0] if found is not None and self._clock() < found[1] + _FRESH[key[0]] else None

    def _owe(self, key: _Key) -> None:
        self._owed[key] = self._owed.get(key, 0) + 1
        if len(self._owed) > MAX_UNCLAIMED:
            del self._owed[next(iter(self._owed))]

    def _is_owed(self, key: _Key) -> bool:
        owed = self._owed.pop(key, 0)
        if owed > 1:
            self._owed[key] = owed - 1
        return owed > 0

    def _contest(self, key: _Key) -> None:
        self._contested.pop(key, None)
        self._contested[key] = self._clock() + _CONTESTED_S
        if len(self._contested) > MAX_UNCLAIMED:
            del self._contested[next(iter(self._contested))]

    def _is_contested(self, key: _Key) -> bool:
        until = self._contested.get(key)
        if until is None:
            return False
        if self._clock() < until:
            return True
        del self._contested[key]
        return False

    def _question(self, transport: Carrier, key: _Key, answer: asyncio.Future[Registration | ItIs]) -> int:
        self._token += 1
        self._asked[self._token] = answer
        _, address, port, door_port = key
        family: AddressFamily = "inet6" if ":" in address else "inet"
        self._ask(
            WhoIs(
                token=self._token,
                transport=transport,
                family=family,
                source_address=address,
                source_port=port,
                door_port=door_port,
            )
        )
        return self._token


def _meant(message: Registration) -> tuple[int, str | None, int | None]:
    return message.call, message.destination_host, message.destination_port


def plain_address(text: str) -> str:
    """Return an address in one spelling: an IPv4 address in IPv6 clothes becomes IPv4, a scope is dropped."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def _registered(message: Registration, methods: list[Method]) -> Caller:
    destination = None
    if message.destination_host is not None and message.destination_port is not None:
        destination = (plain_address(message.destination_host), message.destination_port)
    exact = Attribution(grade="exact", call=message.call, methods=list(methods))
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
