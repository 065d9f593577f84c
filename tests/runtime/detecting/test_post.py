from __future__ import annotations

from typing import get_type_hints

from vigiles.ledger.client import RecorderClient
from vigiles.runtime.detecting.post import Post


def test_the_recorders_client_is_one() -> None:
    assert get_type_hints(RecorderClient.post)["record"] == get_type_hints(Post.post)["record"]
