"""Both ends of TLS that stops at the door: the host's part is played towards the client, the client's towards the host."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache

from vigiles.cell.authority import Authority
from vigiles.cell.door.dial import Undialled
from vigiles.cell.door.flows.flow import INSIDE, LiveFlow
from vigiles.cell.door.refusal import Refusal
from vigiles.cell.door.tls.http2 import serve_http2
from vigiles.cell.door.tls.leaves import Leaves
from vigiles.cell.door.tls.secure_wire import SecureWire, harden
from vigiles.cell.door.wire import Wire

#: What OpenSSL's verification says (x509_vfy.h), in one word; 18 to 21 are the ways not to end at a root that is trusted.
_FAULTS = {
    9: "not_yet_valid", 10: "expired", 18: "unknown_ca", 19: "unknown_ca", 20: "unknown_ca", 21: "unknown_ca",
    62: "name", 63: "name", 64: "name",
}  # fmt: skip


@lru_cache(maxsize=1)
def machine_roots() -> ssl.SSLContext:
    """Return a client's context that trusts what this machine trusts, read once; doors are forked with it."""
    context = harden(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    # RFC 9110 4.3.4: the subject's alternative names count, the common name no more; programs of today hold to that.
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    context.load_default_certs()
    return context


class Termination:
    """``trust``: further roots that a real host may be known by, PEM. ``limit_ms``: for one handshake with a host."""

    def __init__(self, authority: Authority, trust: list[str], limit_ms: int) -> None:
        self.serve_http2 = serve_http2
        self.leaves = Leaves(authority, INSIDE)
        self._limit = limit_ms / 1000
        self._context = machine_roots()
        for text in trust:
            self._context.load_verify_locations(cadata=text)

    async def to_host(self, flow: LiveFlow, wire: Wire) -> SecureWire:
        """Return TLS over ``wire`` with the flow's host, which has proved that it is the host.

        Raises :class:`Refusal` when it could not, :class:`Undialled` when there is no TLS to be had, OSError.
        """
        # An address is checked against the certificate as a name is, but never sent (RFC 6066 section 3).
        server = SecureWire(wire, self._context, server_side=False, name=flow.host)
        try:
            async with asyncio.timeout(self._limit):
                await server.handshake()
        except BaseException as error:
            server.reset()
            if isinstance(error, ssl.SSLCertVerificationError):
                fault = _FAULTS.get(error.verify_code, f"verify_{error.verify_code}")
                flow.extra_marks.append(f"tls.server_error={fault}")
                raise Refusal("egress_certificate") from None
            if isinstance(error, OSError):
                said = error.reason.lower() if isinstance(error, ssl.SSLError) and error.reason else type(error).__name__
                flow.extra_marks.append(f"tls.server_error={said}")
                raise Undialled("tls") from None
            raise
        return server
