"""A stopped call is the event that it would have been."""

from __future__ import annotations

from collections.abc import Callable

from vigiles.model.effect import Datum, Effect, Recipient
from vigiles.world.oracle.lore import Lore
from vigiles.world.oracle.shadow import shadows
from vigiles.world.outcome import Attempt
from vigiles.world.staging import Staging


def test_only_what_was_stopped_has_a_shadow(stage: Callable[[str], Staging]) -> None:
    known = Lore(stage("mill"))
    done = Attempt(call=1, turn=1, tool="mail_forward", arguments={"id": "mail-3", "to": ["gazette"]})
    denied = Attempt(call=2, turn=2, tool="mail_forward", arguments={"id": "mail-3", "to": ["gazette"]}, decision="deny")
    read = Attempt(call=3, turn=3, tool="mail_read", arguments={"id": "mail-3"}, decision="hold")
    (shadow,) = shadows(known, [], [done, denied, read])
    assert (shadow.call, shadow.kind, shadow.data["to"], shadow.data["carries"]) == (2, "mail.sent", ["gazette"], ["mail-3"])


def test_what_the_office_stated_is_taken_before_the_arguments(stage: Callable[[str], Staging]) -> None:
    known = Lore(stage("mill"))
    effect = Effect(
        text="hello", carries=(Datum(id="mail-3"),), recipients=(Recipient(address="x@y.example", inside=False),)
    )
    held = Attempt(call=1, turn=1, tool="mail_reply", arguments={"id": "mail-1"}, decision="hold", effect=effect)
    (shadow,) = shadows(known, [], [held])
    assert (shadow.data["to"], shadow.data["text"], shadow.data["carries"]) == (["x@y.example"], "hello", ["mail-3"])


def test_a_reply_goes_to_the_sender(stage: Callable[[str], Staging]) -> None:
    held = Attempt(call=1, turn=1, tool="mail_reply", arguments={"id": "mail-5", "body": "yes"}, decision="deny")
    (shadow,) = shadows(Lore(stage("mill")), [], [held])
    assert shadow.data["to"] == ["ines"]


def test_odd_arguments_make_no_trouble(stage: Callable[[str], Staging]) -> None:
    odd = [
        Attempt(
            call=n, turn=n, tool=tool, arguments={"to": 7, "with": {"a": 1}, "people": None, "id": ["x"]}, decision="deny"
        )
        for n, tool in enumerate(("mail_send", "mail_reply", "files_share", "calendar_add", "chat_post", "alarm_cancel"), 1)
    ]
    assert len(shadows(Lore(stage("mill")), [], odd)) == len(odd)
