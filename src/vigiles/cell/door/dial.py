"""Resolve once, check, and dial the address that was checked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable

from vigiles.cell.door.refusal import Refusal
from vigiles.model.reason import ReasonCode
from vigiles.ruleset.egress import decide_address, is_address, pinned
from vigiles.ruleset.profile import Egress

#: Addresses of one name that are tried, and look-ups that run at once (each holds a thread).
_MAX_ADDRESSES = 4
_MAX_LOOKUPS = 16


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
        return good[:_MAX_ADDRESSES]

    async def _first_that_answers(self, addresses: list[str], port: int) -> tuple[socket.socket, str]:
        kind = "unreachable"
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sock: socket.socket | None = None
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await asyncio.get_running_loop().sock_connect(sock, (address, port))
            except BaseException as error:
                if sock is not None:
                    sock.close()
                if not isinstance(error, OSError):
                    raise
                kind = "refused" if isinstance(error, ConnectionRefusedError) else kind
            else:
                return sock, address
        raise Undialled(kind)
