"""The credentials that the door holds: put into requests that may have them, looked for in all else, hidden in answers.

The agent holds a placeholder. Where a request goes to one of the credential's hosts, over TLS that ends here (or in clear,
where the profile says so), and the placeholder stands where the profile says, the secret goes out in its place. What leaves
after that and still holds a placeholder takes it where it may not go. What such a host answers is shown without its secret.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field

from vigiles.cell.door.messages import Entrusted
from vigiles.cell.door.wire import Wire
from vigiles.model.honey import HoneyToken
from vigiles.protocols.honey import Stream, token_of
from vigiles.protocols.http import Fields
from vigiles.protocols.veil import Veil
from vigiles.ruleset.egress import join_host_port

#: How long the last bytes of a body wait for what follows them, seconds.
_QUIET_S = 0.03
#: The field in which each placement stands, where the profile does not name it.
_FIELDS = {"bearer": "authorization", "basic": "authorization"}


@dataclass(frozen=True)
class Paid:
    """A request as it goes out, and the secrets that its host knows: they may be in any answer of that host."""

    target: str
    fields: Fields
    secrets: list[bytes] = field(default_factory=list)

    def veiled(self, server: Wire) -> Wire:
        """Return the way from the host, with the secrets hidden in what it says."""
        return VeiledWire(server, self.secrets) if self.secrets else server


class Credentials:
    """All of one door. Nothing is held until :meth:`hold`."""

    def __init__(self, *, observing: bool = False) -> None:
        self.observing = observing
        self._held: list[Entrusted] = []
        self._tokens: list[HoneyToken] = []
        self._salt = b""

    def hold(self, credentials: list[Entrusted], salt: bytes) -> None:
        """Hold these from now on."""
        self._held, self._salt = list(credentials), salt
        self._tokens = [token_of(one.credential.name, one.placeholder, salt) for one in credentials]

    def stream(self) -> Stream | None:
        """Return what looks for placeholders in one direction of a conversation; None where none is held."""
        return Stream(self._tokens, self._salt) if self._tokens else None

    def elsewhere(self, names: Sequence[str], host: str, port: int) -> list[str]:
        """Return those of the credentials that are not for this host."""
        place = join_host_port(host, port)
        return [one.credential.name for one in self._held if one.credential.name in names and place not in _hosts(one)]

    def pay(self, host: str, port: int, *, secure: bool, target: str, fields: Fields) -> Paid:
        """Return a request to ``host`` with secrets in the place of placeholders, where they may be. ``secure``: the way
        there is TLS of ours.
        """
        place, secrets = join_host_port(host, port), []
        for one in self._held:
            if place not in _hosts(one):
                continue
            # A host may keep what it was once paid with, and show it later.
            secrets.append(one.secret.encode())
            if not secure and not one.credential.clear:
                continue
            given = fields
            target, fields = _put(one, target, fields)
            if fields != given:
                secrets += [value.partition(" ")[2].encode("latin-1") for value in _basic(one, fields)]
        if secrets:
            # In another coding nobody could say whether the answer tells the secret.
            fields = [(name, value) for name, value in fields if name.lower() != "accept-encoding"]
            fields.append(("Accept-Encoding", "identity"))
        return Paid(target, fields, secrets)


class VeiledWire(Wire):
    """What ``under`` says, with secrets hidden. Only to be read. Raises what :class:`Veil` raises."""

    def __init__(self, under: Wire, secrets: Sequence[bytes]) -> None:
        self.sock = under.sock
        self.ragged = False
        self._under = under
        self._veil = Veil(secrets)
        self._pending = b""
        self._loop = asyncio.get_running_loop()
        self._turn = 0
        self._reading: asyncio.Task[bytes] | None = None

    async def read(self) -> bytes:
        """Return what has come, hidden; empty at the end."""
        if self._pending:
            data, self._pending = self._pending, b""
            return data
        while True:
            if self._reading is None:
                self._reading = asyncio.ensure_future(self._under.read())
            await asyncio.wait([self._reading], timeout=_QUIET_S if self._veil.waiting else None)
            if not self._reading.done():
                return self._veil.rest()
            data, self._reading = self._reading.result(), None
            shown = self._veil.feed(data) if data else self._veil.rest()
            if shown or not data:
                return shown

    async def release(self) -> None:
        """Read no more of what is under this one; to be called before that is closed."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def write(self, data: bytes | memoryview) -> None:
        """Send ``data`` as it is."""
        await self._under.write(data)

    def finish(self) -> None:
        """Say that we send nothing more."""
        self._under.finish()


def _hosts(one: Entrusted) -> list[str]:
    return one.credential.hosts


def _put(one: Entrusted, target: str, fields: Fields) -> tuple[str, Fields]:
    place = one.credential.place
    if place == "query":
        return _query(one, target), fields
    wanted = _FIELDS.get(place) or one.credential.header.lower()
    write = {"bearer": _bearer, "basic": _in_base64}.get(place, _anywhere)
    return target, [(name, write(one, value) if name.lower() == wanted else value) for name, value in fields]


def _bearer(one: Entrusted, value: str) -> str:
    scheme, _, token = value.partition(" ")
    return f"{scheme} {one.secret}" if scheme.lower() == "bearer" and token.strip() == one.placeholder else value


def _anywhere(one: Entrusted, value: str) -> str:
    return value.replace(one.placeholder, one.secret)


def _in_base64(one: Entrusted, value: str) -> str:
    scheme, _, packed = value.partition(" ")
    if scheme.lower() != "basic":
        return value
    try:
        pair = base64.b64decode(packed.strip(), validate=True)
    except (binascii.Error, ValueError):
        return value
    user, colon, password = pair.partition(b":")
    placeholder, secret = one.placeholder.encode(), one.secret.encode()
    given = [secret if part == placeholder else part for part in (user, password)]
    return value if given == [user, password] else f"{scheme} {base64.b64encode(given[0] + colon + given[1]).decode()}"


def _query(one: Entrusted, target: str) -> str:
    path, mark, query = target.partition("?")
    wanted = f"{one.credential.parameter}={one.placeholder}"
    quoted = f"{one.credential.parameter}={urllib.parse.quote(one.secret, safe='')}"
    return path + mark + "&".join(quoted if part == wanted else part for part in query.split("&"))


def _basic(one: Entrusted, fields: Fields) -> list[str]:
    """Return the values that hold the secret beside a name in base64, where its own spellings may not be met."""
    return [value for name, value in fields if one.credential.place == "basic" and name.lower() == "authorization"]
