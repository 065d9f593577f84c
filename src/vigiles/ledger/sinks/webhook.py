"""The webhook sink: each checkpoint is the body of one POST. Any answer of the 200s means that it was taken."""

from __future__ import annotations

from pathlib import Path

from vigiles.ledger.sinks.post import post
from vigiles.ledger.sinks.settings import WebhookSink
from vigiles.ledger.sinks.state import NotDelivered


def deliver(sink: WebhookSink, note: bytes) -> None:
    """Send one checkpoint. Raises :class:`NotDelivered`."""
    token = None
    if sink.token_file is not None:
        try:
            token = Path(sink.token_file).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise NotDelivered(f"cannot read the token in {sink.token_file}: {error}") from error
    answer = post(sink.url, note, ca_file=sink.ca_file, token=token)
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"the server answered {answer.status}")
