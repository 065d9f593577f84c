"""Messages as real programs make them."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

# A busy machine is no reason for a parser to fail.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def cut_up(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Yield ``data`` in pieces of ``sizes``, over and over; every piece has at least one byte."""
    at = turn = 0
    while at < len(data):
        step = max(1, sizes[turn % len(sizes)]) if sizes else len(data)
        yield data[at : at + step]
        at += step
        turn += 1


def openssl_hello(sni: str | None, alpn: tuple[str, ...] = (), highest: ssl.TLSVersion | None = None) -> bytes:
    """A ClientHello as OpenSSL sends it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if highest:
        context.maximum_version = highest
    outgoing = ssl.MemoryBIO()
    engine = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=sni)
    with contextlib.suppress(ssl.SSLWantReadError):
        engine.do_handshake()
    return outgoing.read()


@pytest.fixture(scope="session")
def hello() -> Callable[..., bytes]:
    return openssl_hello


@pytest.fixture(scope="session")
def pieces() -> Callable[[bytes, list[int]], Iterator[bytes]]:
    return cut_up
