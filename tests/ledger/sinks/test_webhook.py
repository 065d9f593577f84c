from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.sinks import webhook
from vigiles.ledger.sinks.settings import WebhookSink


def test_the_note_is_the_body_and_the_token_goes_along(serve: Any, signed: Any, tmp_path: Path) -> None:
    server = serve()
    (note,) = signed(1)
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(NotDelivered, match="open to other users"):
        webhook.deliver(WebhookSink(url=server.url, token_file=str(tmp_path / "token")), note)
    (tmp_path / "token").chmod(0o600)
    webhook.deliver(WebhookSink(url=server.url, token_file=str(tmp_path / "token")), note)
    assert server.bodies == [note]
    assert server.got[0][1]["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("status", [199 + 101, 301, 400, 404, 500, 503])
def test_any_other_answer_is_a_failure(serve: Any, signed: Any, status: int) -> None:
    server = serve(lambda path, body: (status, "text/plain", b""))
    with pytest.raises(NotDelivered, match=str(status)):
        webhook.deliver(WebhookSink(url=server.url), signed(1)[0])


def test_a_token_that_is_not_there(serve: Any, signed: Any) -> None:
    server = serve()
    with pytest.raises(NotDelivered, match="token"):
        webhook.deliver(WebhookSink(url=server.url, token_file="/no/such/file"), signed(1)[0])
    assert server.got == []
