"""One HTTP POST, by the standard library: TLS checked, no redirects, answers cut at 64 KiB."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from vigiles.ledger.sinks.state import NotDelivered

#: Of each step: connecting, sending, a part of the answer.
TIMEOUT_S = 10.0
_MOST_ANSWER_BYTES = 65_536


@dataclass(frozen=True)
class Answer:
    """``kind`` is the content type without parameters, in small letters."""

    status: int
    kind: str
    body: bytes


def post(url: str, body: bytes, *, ca_file: str | None = None, token: str | None = None) -> Answer:
    """Send ``body`` as text and return the answer, whatever its status. Raises :class:`NotDelivered` if there is none.

    https checks the certificate and the name against the system's authorities, or those in ``ca_file`` only.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "vigiles", "Connection": "close"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    connection: http.client.HTTPConnection | None = None
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
            connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_S, context=context)
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        return Answer(response.status, kind, response.read(_MOST_ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotDelivered(f"no answer from {parts.hostname}: {str(error) or type(error).__name__}") from error
    finally:
        if connection is not None:
            connection.close()
