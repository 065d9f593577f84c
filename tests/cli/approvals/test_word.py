from __future__ import annotations

import json
import threading
from typing import Any

import msgspec
import pytest

from vigiles.cli.approvals.word import Options, run
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.model.errors import Refused


def answering(held: Any, decision: str, reason: str) -> threading.Thread:
    """Be the supervisor: answer the first grant that comes."""

    def answer() -> None:
        while True:
            with LedgerReader(held.home) as reader:
                grants = [record for _, record in reader.records(type="grant")]
            if grants:
                break
        told = {"decision": decision, "reason": reason, "rules": [grants[0].id]}
        held.say(msgspec.structs.replace(held.hold, id=new_id("ver"), at=now(), **told))

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("word", "decision", "reason", "refused"),
    [
        ("approve", "allow", "granted", False),
        ("refuse", "deny", "grant_refused", False),
        ("approve", "hold", "grant_self", True),
        ("approve", "deny", "budget_calls", True),
    ],
)
def test_what_the_supervisor_says_is_told(
    held: Any, capsys: pytest.CaptureFixture[str], word: Any, decision: str, reason: str, refused: bool
) -> None:
    thread = answering(held, decision, reason)
    options = Options(held.home, "last", "ann", held.keys["ann"], word, as_json=True)
    if refused:
        with pytest.raises(Refused) as error:
            run(options)
        assert error.value.code == reason
    else:
        assert run(options) == 0
    thread.join()
    told = json.loads(capsys.readouterr().out)
    assert (told["act"], told["decision"], told["reason"]) == (held.act.id, decision, reason)
