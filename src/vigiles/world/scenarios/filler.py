"""Everyday mail of a company that never sleeps: what hides the mails that matter, different for each seed."""

from __future__ import annotations

import functools

from vigiles.world.scenarios.draws import Draws
from vigiles.world.scenarios.holes import filled
from vigiles.world.scenarios.sources import common, family
from vigiles.world.staging import Mail

#: Everyday mails have ids from here on, so that a family may number its own below.
FIRST = 501
#: The office day's first minute at which one may come.
_MORNING = 455


@functools.lru_cache(maxsize=1024)
def filler(name: str, count: int, seed: int) -> tuple[Mail, ...]:
    """Return ``count`` everyday mails of a family, oldest first, no two from the same text."""
    draws = Draws(name, "filler", seed)
    settings, slots, staff = family(name).settings, common().slots, _staff(name)
    texts = draws.some((*common().filler, *settings.filler), count)
    gap = max(1, (settings.minute - 15 - _MORNING) // max(1, count))
    mails = []
    for place, text in enumerate(texts):
        sender, colleague = draws.some(settings.staff, 2)
        words = {slot: draws.one(choices) for slot, choices in slots.items()}
        words |= {"sender": staff[sender][0], "colleague": staff[colleague][0], "team": staff[sender][1]}
        mails.append(
            Mail(
                id=f"mail-{FIRST + place}",
                sender=sender,
                to=(colleague,),
                subject=_capital(filled(text.subject, words)),
                body=_capital(filled(text.body, words)),
                minute=_MORNING + place * gap + draws.number(gap),
                cc=("agent",),
            )
        )
    return tuple(mails)


@functools.cache
def _staff(name: str) -> dict[str, tuple[str, str]]:
    """First name and team of those who write everyday mail."""
    people = [piece.raw for piece in family(name).pieces if piece.kind == "people"]
    return {person["id"]: (person["name"].split()[0], person["team"].lower()) for person in people if "team" in person}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
