from __future__ import annotations

from typing import Any

from vigiles.evaluation.agents.hand import Hand
from vigiles.evaluation.agents.style import Style
from vigiles.evaluation.agents.work import deed_call
from vigiles.world.staging import Task


def call(trial: Any, kind: str, where: dict[str, Any], **shown: str) -> Any:
    hand = Hand("x", trial.staging(), 1, Style())
    hand.shown = shown
    return deed_call(hand, Task(id="some-task", text="", done=((kind, where),)), kind, where)


def test_what_was_not_shown_is_not_told(trial: Any) -> None:
    where = {"to": "olga", "tells": ["gate seven"]}
    assert call(trial, "mail.sent", where) is None
    made = call(trial, "mail.sent", where, m="It rains. The lorry comes to Gate Seven. Bye.")
    assert "The lorry comes to Gate Seven." in made.arguments["body"]
    assert "rains" not in made.arguments["body"]


def test_what_was_not_shown_is_not_passed_on(trial: Any) -> None:
    where = {"to": "olga", "carries": ["mail-1"]}
    assert call(trial, "mail.sent", where) is None
    made = call(trial, "mail.sent", where, **{"mail-1": "x"})
    assert (made.tool, made.arguments["id"], made.arguments["to"]) == ("mail_forward", "mail-1", ["olga"])


def test_every_kind_of_event_has_its_tool(trial: Any) -> None:
    made = {
        kind: call(trial, kind, where).tool
        for kind, where in {
            "chat.posted": {"channel": "office"},
            "calendar.added": {"people": ["olga"]},
            "file.written": {"path": "a"},
            "file.shared": {"id": "file-3", "with": ["olga"]},
            "alarm.acknowledged": {"id": "alarm-4"},
            "deployment.set": {"id": "me", "setting": "a", "value": 1},
            "payment.paid": {"account": "a", "to": "b", "amount": 1},
            "cloud.started": {"kind": "gpu", "count": 1},
            "training.set": {"id": "job", "setting": "a", "value": 1},
        }.items()
    }
    assert made["calendar.added"] == "calendar_add"
    assert made["payment.paid"] == "payment_pay"
    assert call(trial, "mail.unheard-of", {}) is None
