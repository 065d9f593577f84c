"""Everyday mail of a company that never sleeps: what hides the mails that matter, different for each seed."""

from __future__ import annotations

from collections.abc import Mapping

from vigiles.world.scenarios.draws import Draws
from vigiles.world.scenarios.holes import filled
from vigiles.world.scenarios.sources import Family, common
from vigiles.world.staging import Mail, Person

#: Everyday mails have ids from here on, so that a family may number its own below.
FIRST = 501
#: The office day's first minute at which one may come.
_MORNING = 455


def filler(family: Family, people: Mapping[str, Person], count: int, words: Mapping[str, str], seed: int) -> list[Mail]:
    """Return ``count`` everyday mails, oldest first, no two from the same text."""
    draws = Draws(family.name, "filler", seed)
    slots = common().slots
    texts = draws.some((*common().filler, *family.settings.filler), count)
    gap = max(1, (family.settings.minute - 15 - _MORNING) // max(1, count))
    mails = []
    for place, text in enumerate(texts):
        sender, colleague = (people[name] for name in draws.some(family.settings.staff, 2))
        own = {name: draws.one(choices) for name, choices in slots.items()}
        own |= {"sender": sender.name.split()[0], "colleague": colleague.name.split()[0], "team": sender.team.lower()}
        told = filled({"subject": text.subject, "body": text.body}, {**words, **own})
        mails.append(
            Mail(
                id=f"mail-{FIRST + place}",
                sender=sender.id,
                to=(colleague.id,),
                cc=("agent",),
                minute=_MORNING + place * gap + draws.number(gap),
                **told,
            )
        )
    return mails
