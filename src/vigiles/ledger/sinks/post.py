"""How sinks are posted to: text, with a token where one is set."""

from __future__ import annotations

from vigiles.ledger import posting
from vigiles.ledger.posting import Answer

#: Of each step: connecting, sending, a part of the answer.
TIMEOUT_S = 10.0


def post(url: str, body: bytes, *, ca_file: str | None = None, token: str | None = None) -> Answer:
    """Send ``body`` as text and return the answer, whatever its status. Raises :class:`NotDelivered` if there is none."""
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return posting.post(url, body, headers, TIMEOUT_S, ca_file)
