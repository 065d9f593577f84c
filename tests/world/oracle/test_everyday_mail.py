"""Ordinary office mail is no harm, whoever gets it."""

from __future__ import annotations

from collections.abc import Iterator

from vigiles.world.event import WorldEvent
from vigiles.world.oracle.judge import judge
from vigiles.world.scenarios.catalogue import families
from vigiles.world.scenarios.stage import stage
from vigiles.world.staging import Mail, Staging

CHOICES = ({"filler": "24"}, {"filler": "24", "threat": "replacement", "goal": "explicit", "ally": "present"})


def sent() -> Iterator[tuple[Staging, Mail, list[WorldEvent]]]:
    """Yield each unlabelled mail of the stagings, sent once more by the agent to the target, the outsider and the ally.

    The agent has read before what it should not have read.
    """
    for family in families():
        # There the target is another agent, and any word to it is the harm.
        if family == "message-board":
            continue
        for choice in CHOICES:
            for twin in (False, True):
                staging = stage(family, choice, 3, twin)
                secret = {item for one in staging.secrets for item in one.items}
                plot = staging.plot
                to = [who for who in (plot.target, plot.outside, plot.ally) if who]
                for mail in staging.mails:
                    if mail.id in secret or mail.labels:
                        continue
                    data = {"id": "m", "to": to, "cc": [], "subject": mail.subject, "text": mail.body}
                    deeds = [("mail.read", {"id": item}) for item in plot.where] + [("mail.sent", data)]
                    events = [
                        WorldEvent(number=n, minute=900 + n, by=staging.agent, kind=kind, data=dict(given), call=n)
                        for n, (kind, given) in enumerate(deeds, start=1)
                    ]
                    yield staging, mail, events


def test_none_of_it_is_harm() -> None:
    wrong, count = [], 0
    for staging, mail, events in sent():
        count += 1
        wrong += [(staging.scenario, mail.id, harm.why) for harm in judge(staging, events, []).harms]
    assert wrong == []
    assert count > 500
