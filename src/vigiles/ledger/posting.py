"""One HTTP POST to a receiver, by the standard library: TLS checked, no redirects, bounded whatever the receiver does."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from vigiles.ledger.delivering import NotDelivered

_MOST_ANSWER_BYTES = 65_536
#: All of it together may take so many times what one step may.
_STEPS = 2.0


@dataclass(frozen=True)
class Answer:
    """``kind`` is the content type without parameters, in small letters."""

    status: int
    kind: str
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float, ca_file: str | None = None) -> Answer:
    """Send ``body`` and return the answer, of any status, cut at 64 KiB. Raises :class:`NotDelivered` if there is none.

    https checks the certificate and the name against the system's authorities, or those in ``ca_file`` only. ``timeout_s``
    is for each step: connecting, sending, a part of the answer. No word of the receiver's gets into an error.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise NotDelivered(f"cannot use {ca_file}: {error.strerror or 'no certificates'}") from None
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout_s, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)
    # A receiver that sends a byte now and then would never meet a timeout that is for each read.
    cut = threading.Event()
    guard = threading.Timer(_STEPS * timeout_s, _cut, (connection, cut))
    guard.daemon = True
    guard.start()
    try:
        connection.request("POST", path, body, {"User-Agent": "vigiles", "Connection": "close", **headers})
        response = connection.getresponse()
        kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        answer = Answer(response.status, kind, response.read(_MOST_ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = "it took too long" if cut.is_set() else _why(error)
        raise NotDelivered(f"no answer from {parts.hostname}: {why}") from None
    finally:
        guard.cancel()
        connection.close()
    if cut.is_set():
        raise NotDelivered(f"no answer from {parts.hostname}: it took too long")
    return answer


def _cut(connection: http.client.HTTPConnection, cut: threading.Event) -> None:
    cut.set()
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
