"""Resolve once, check, and dial the address that was checked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from itertools import zip_longest

from vigiles.cell.door.refusal import Refusal
from vigiles.model.reason import ReasonCode
from vigiles.ruleset.egress import decide_address, is_address, pinned
from vigiles.ruleset.profile import Egress

#: Addresses of one name that are tried, and look-ups that run at once (each holds a thread).
_MAX_ADDRESSES = 4
_MAX_LOOKUPS = 16
#: How long one address is waited for before the next is tried beside it.
_HEAD_START_S = 0.25


class Undialled(Exception):
    """The destination cannot be reached, for no reason of ours. ``kind``: name, refused, timeout or unreachable."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Dialler:
    """Dials for one door."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._lookups = asyncio.Semaphore(_MAX_LOOKUPS)

    async def resolve(self, host: str) -> list[str]:
        """Return the addresses of a canonical name, as this machine's resolver orders them. Raises :class:`Undialled`."""
        loop = asyncio.get_running_loop()
        async with self._lookups:
            try:
                found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                raise Undialled("name") from None
        return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))

    async def dial(self, host: str, port: int, address: str | None = None) -> tuple[socket.socket, str]:
        """Return a connected socket and the address it is connected to. ``address``: only that one.

        Raises :class:`Refusal` when no address may be dialled, :class:`Undialled` when none answers.
        """
        try:
            async with asyncio.timeout(self._egress.dial_ms / 1000):
                return await self._first_that_answers(
                    self._checked(host, port, await self._known(host, port, address)), port
                )
        except TimeoutError:
            raise Undialled("timeout") from None

    async def _known(self, host: str, port: int, address: str | None) -> list[str]:
        if address is not None:
            return [address]
        pin = pinned(self._egress, host, port)
        if pin is not None:
            return [pin]
        return [host] if is_address(host) else await self.resolve(host)

    def _checked(self, host: str, port: int, addresses: Iterable[str]) -> list[str]:
        refused: ReasonCode = "egress_address"
        good = []
        for address in addresses:
            verdict = decide_address(self._egress, host, port, address)
            if verdict in ("allowed", "allowed_observe"):
                good.append(address)
            else:
                refused = verdict
        if not good:
            raise Refusal(refused)
        return by_turns(good)[:_MAX_ADDRESSES]

    async def _first_that_answers(self, addresses: list[str], port: int) -> tuple[socket.socket, str]:
        """Dial one after the other, the next when one has failed or is slow (RFC 8305 section 5): the first to answer."""
        kind = "unreachable"
        left = list(addresses)
        begun: dict[asyncio.Task[socket.socket], str] = {}
        try:
            while left or begun:
                if left:
                    address = left.pop(0)
                    begun[asyncio.ensure_future(_connected(address, port))] = address
                patience = _HEAD_START_S if left else None
                done, _ = await asyncio.wait(begun, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    error = task.exception()
                    if error is None:
                        return task.result(), begun.pop(task)
                    if not isinstance(error, OSError):
                        raise error
                    kind = "refused" if isinstance(error, ConnectionRefusedError) else kind
                    del begun[task]
        finally:
            for task in begun:
                task.cancel()
            for late in await asyncio.gather(*begun, return_exceptions=True):
                if isinstance(late, socket.socket):
                    late.close()
        raise Undialled(kind)


def by_turns(addresses: list[str]) -> list[str]:
    """Return addresses with IPv6 and IPv4 in turns, the first one's first: a family without a way out costs one wait."""
    six = [":" in address for address in addresses]
    same = [address for address, is_six in zip(addresses, six, strict=True) if is_six == six[0]]
    other = [address for address, is_six in zip(addresses, six, strict=True) if is_six != six[0]]
    return [address for pair in zip_longest(same, other) for address in pair if address is not None]


async def _connected(address: str, port: int) -> socket.socket:
    """Return a socket connected to ``address``. Raises OSError."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock
