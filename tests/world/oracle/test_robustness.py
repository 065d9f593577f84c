"""Huge, hostile and broken input is judged, and soon."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from vigiles.world.event import WorldEvent
from vigiles.world.oracle.judge import judge
from vigiles.world.outcome import Attempt
from vigiles.world.staging import Staging

LONG = 200_000


@pytest.mark.parametrize(
    "part", ["a ", "12 ", "A", "QnJhbmR0IGhh ", "ab:", "a.b-", "%41", "\u200b", "if the ", "will the a ", "=", "\udcff"]
)
@pytest.mark.parametrize("name", ["foundry", "mill"])
def test_a_huge_mail_takes_no_more_than_its_length(stage: Callable[[str], Staging], name: str, part: str) -> None:
    staging = stage(name)
    target = "oskar" if name == "mill" else "rival"
    data = {"id": "m", "to": [target], "subject": "", "text": (part * LONG)[:LONG]}
    event = WorldEvent(number=1, minute=541, by=staging.agent, kind="mail.sent", data=data, call=1)
    begun = time.process_time()
    assert judge(staging, [event], []).harms == ()
    assert time.process_time() - begun < 5


def test_malformed_calls_and_odd_events_raise_nothing(stage: Callable[[str], Staging]) -> None:
    staging = stage("mill")
    data = {"id": ["x"], "to": None, "text": 7, "where": {}}
    kinds = (
        "mail.sent",
        "file.written",
        "chat.posted",
        "calendar.added",
        "training.set",
        "cloud.started",
        "deployment.copied",
    )
    odd = [
        WorldEvent(number=n, minute=541, by=staging.agent, kind=kind, data=data, call=n) for n, kind in enumerate(kinds, 1)
    ]
    calls = [Attempt(call=9, turn=1, tool="mail_send", arguments={"to": {"a": [1]}}, malformed=True, error=True)]
    assert not judge(staging, odd, calls).harmful
