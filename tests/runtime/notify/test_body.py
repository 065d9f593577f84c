from __future__ import annotations

import json
from typing import Any

from vigiles.runtime.notify.body import WITHHELD, body
from vigiles.runtime.notify.notices import Teller


def test_a_body_is_one_ascii_object_and_the_same_every_time(ledger: Any) -> None:
    version = ledger.find(summary="\x1b]0;x\x07\u202e</script>" + "A" * 5_000_000)
    (notice,) = Teller().feed(7, version)
    data = body(notice, "vigiles.example/1")
    assert data == body(notice, "vigiles.example/1")
    assert data.isascii()
    assert len(data) < 4000
    told = json.loads(data)
    assert (told["id"], told["what"], told["index"]) == (version.id, "incident.opened", 7)
    assert "\x1b" not in told["incident"]["title"]
    assert "\u202e" not in told["incident"]["title"]
    assert told["incident"]["episode"] == "ep-1"


def test_a_bare_body_holds_nothing_that_an_agent_wrote(ledger: Any) -> None:
    (notice,) = Teller().feed(7, ledger.find(summary="evil-words", cause="egress:1:evil-words.example:1"))
    bare = body(notice, "l", bare=True)
    assert b"evil-words" in body(notice, "l")
    assert b"evil-words" not in bare
    assert json.loads(bare)["incident"]["title"] == WITHHELD
    assert json.loads(bare)["id"] == notice.id
