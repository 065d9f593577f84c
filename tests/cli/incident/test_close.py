from __future__ import annotations

import os
import pwd
from typing import Any

import pytest

from vigiles.cli.incident import close, show
from vigiles.cli.incident.said import Options
from vigiles.model.errors import InputInvalid

ME = pwd.getpwuid(os.getuid()).pw_name


def test_what_is_closed_opens_with_something_new(ledger: Any, listed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    name = ledger.find("ep-1").incident
    close.run(Options(ledger.home, name, "the pool is gone"))
    assert capsys.readouterr().out == f"{name} is closed, by {ME}: the pool is gone\n"
    show.run(show.Options(ledger.home, name))
    assert f"{ME}: the pool is gone" in capsys.readouterr().out
    with pytest.raises(InputInvalid, match="closed already"):
        close.run(Options(ledger.home, name, "again"))
    assert len(ledger.records("act")) == 1, "what cannot be said is not recorded"
    ledger.find("ep-1", 2)
    assert listed()[0]["state"] == "open"


def test_a_campaign_is_one_line_and_can_be_closed(ledger: Any, listed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for episode in ("ep-1", "ep-2"):
        ledger.find(episode)
    (campaign,) = listed(campaigns=True)
    assert campaign["incident"]["episodes"] == ["ep-1", "ep-2"]
    assert [one["campaign"] for one in listed()].count(False) == 2
    name = campaign["incident"]["incident"]
    show.run(show.Options(ledger.home, name))
    shown = capsys.readouterr().out
    assert "2 episodes: ep-1, ep-2" in shown
    assert "\x1b" not in shown
    close.run(Options(ledger.home, name, "the pool is blocked"))
    assert [one["state"] for one in listed(campaigns=True)] == ["closed"]
    assert [one["state"] for one in listed() if not one["campaign"]] == ["open", "open"], (
        "its incidents stand for themselves"
    )
    ledger.find("ep-3")
    assert [one["state"] for one in listed(campaigns=True)] == ["open"]
