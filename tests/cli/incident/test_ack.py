from __future__ import annotations

import os
import pwd
from typing import Any

from vigiles.cli.incident import ack
from vigiles.cli.incident.said import Options
from vigiles.model.act import Act

ME = pwd.getpwuid(os.getuid()).pw_name


def test_who_and_why_are_on_record(ledger: Any, listed: Any) -> None:
    name = ledger.find("ep-1").incident
    assert ack.run(Options(ledger.home, name[:9], "I look at the pool")) == 0
    word = ledger.records("incident")[-1]
    assert (word.incident, word.state, word.by, word.note) == (name, "acknowledged", ME, "I look at the pool")
    act = ledger.records("act")[-1]
    assert isinstance(act, Act)
    assert (act.principal, act.kind, act.tool) == (ME, "approval", "acknowledge_incident")
    assert ledger.records("verdict")[-1].decision == "allow"
    assert ledger.records("result")[-1].outcome == "performed"
    assert [one["state"] for one in listed()] == ["acknowledged"]
    assert listed(state="open") == []
