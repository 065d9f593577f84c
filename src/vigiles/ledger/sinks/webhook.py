"""The webhook sink: each checkpoint is the body of one POST. Any answer of the 200s means that it was taken."""

from __future__ import annotations

import os
import stat

from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.sinks.post import post
from vigiles.ledger.sinks.settings import WebhookSink


def deliver(sink: WebhookSink, note: bytes) -> None:
    """Send one checkpoint. Raises :class:`NotDelivered`."""
    token = None if sink.token_file is None else _token(sink.token_file)
    answer = post(sink.url, note, ca_file=sink.ca_file, token=token)
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"the server answered {answer.status}")


def _token(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise NotDelivered(f"the token in {path} is open to other users: chmod 600 {path}")
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotDelivered(f"cannot read the token in {path}: {error}") from error
