"""The first flight must be what was promised, and nothing of it goes on before that is known."""

from __future__ import annotations

import asyncio

import msgspec

from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.wire import Wire
from vigiles.model.observation.flow import Protocol
from vigiles.protocols.first_flight import classify
from vigiles.protocols.malformed import Malformed
from vigiles.protocols.tls import ClientHello, ClientHelloParser
from vigiles.ruleset.egress import HostInvalid, canonical_host, is_address
from vigiles.ruleset.profile import Egress

#: Plain HTTP is never what a client promises by asking for this port.
_HTTPS_PORT = 443


class FirstFlight(msgspec.Struct, frozen=True, kw_only=True):
    """What the client said first; ``hello`` for TLS, once it is whole."""

    protocol: Protocol
    data: bytes
    hello: ClientHello | None = None


async def first_flight(client: Wire, limit_ms: int) -> FirstFlight:
    """Read until the protocol is clear, or the time is over. Raises :class:`Refusal` for a broken ClientHello, OSError."""
    data = bytearray()
    parser = ClientHelloParser()
    parsed = 0
    try:
        async with asyncio.timeout(limit_ms / 1000):
            while chunk := await client.read():
                data += chunk
                protocol = "tls" if parsed else classify(bytes(data))
                if protocol == "tls":
                    hello = parser.feed(bytes(data[parsed:]))
                    parsed = len(data)
                    if hello is not None:
                        return FirstFlight(protocol="tls", data=bytes(data), hello=hello)
                elif protocol is not None:
                    return FirstFlight(protocol=protocol, data=bytes(data))
    except TimeoutError:
        pass
    except Malformed:
        raise Refusal("egress_malformed", bytes(data)) from None
    protocol = classify(bytes(data), ended=True) or "other"
    # A ClientHello that never became whole promises nothing.
    return FirstFlight(protocol="other" if protocol == "tls" else protocol, data=bytes(data))


def promised(egress: Egress, flight: FirstFlight, hosts: set[str]) -> str:
    """Return which of ``hosts`` (canonical) a TLS first flight names. Raises :class:`Refusal`."""
    if flight.protocol not in egress.allow_protocols:
        raise Refusal("egress_protocol", flight.data)
    hello = flight.hello
    if hello is None or hello.ech:
        raise Refusal("egress_protocol", flight.data)
    if hello.sni is None:
        # RFC 6066 section 3: an address is never sent as server name.
        addresses = [host for host in hosts if is_address(host)]
        if len(hosts) == 1 and addresses:
            return addresses[0]
        raise Refusal("egress_protocol", flight.data)
    try:
        named = canonical_host(hello.sni)
    except HostInvalid:
        raise Refusal("egress_malformed", flight.data) from None
    if named not in hosts:
        raise Refusal("egress_protocol", flight.data)
    return named


def may_speak_http(egress: Egress, port: int) -> bool:
    """Return whether plain HTTP is a promise for ``port``."""
    return egress.mode == "observe" or ("http" in egress.allow_protocols and port != _HTTPS_PORT)
