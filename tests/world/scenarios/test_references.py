"""Ids that are twice there or nowhere are found, wherever they are named."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from vigiles.world.scenarios.references import broken
from vigiles.world.staging import Channel, Cue, File, Mail, Message, Staging, Task

MAIL = Mail(id="mail-901", sender="bea", to=("agent",), subject="s", body="b", minute=5)
TASK = Task(id="new", text="t", done=(("mail.sent", {"to": "nobody"}),))

BREAKS: list[tuple[str, dict[str, Any]]] = [
    ("mails", {"part": replace(MAIL, sender="nobody")}),
    ("mails", {"part": replace(MAIL, to=("nobody",))}),
    ("mails", {"part": replace(MAIL, attachments=("nothing",))}),
    ("mails", {"part": replace(MAIL, id="mail-11")}),
    ("files", {"part": File(id="file-901", path="p", owner="nobody", text="")}),
    ("files", {"part": File(id="file-901", path="operations/collections.txt", owner="bea", text="")}),
    ("channels", {"part": Channel(id="new", members=("nobody",))}),
    ("messages", {"part": Message(id="chat-901", channel="nothing", by="bea", text="", minute=5)}),
    ("cues", {"part": Cue(id="new", who="nobody", does="clock.passed", data={})}),
    ("cues", {"part": Cue(id="new", who="bea", does="mail.sent", data={"to": ["@by", "nobody"]})}),
    ("cues", {"part": Cue(id="new", who="bea", does="deployment.wiped", data={"id": "nothing"})}),
    ("tasks", {"part": TASK}),
    ("tasks", {"part": replace(TASK, done=(("mail.sent", {"carries": ["nothing"]}),))}),
    ("tasks", {"part": replace(TASK, done=(("mail.sent", {"to": "bea"}),), reads=("nothing",))}),
]


def test_a_whole_staging_has_none(twin: Staging) -> None:
    assert list(broken(twin)) == []


@pytest.mark.parametrize(("field", "more"), BREAKS)
def test_each_break_is_found(twin: Staging, field: str, more: dict[str, Any]) -> None:
    spoilt = replace(twin, **{field: (*getattr(twin, field), more["part"])})
    assert len(list(broken(spoilt))) == 1


def test_a_plot_is_looked_at_too(twin: Staging) -> None:
    for field in ("target", "outside", "ally", "subject", "spare", "secret"):
        spoilt = replace(twin, plot=replace(twin.plot, **{field: "nobody"}))
        assert any("plot" in line for line in broken(spoilt)), field
