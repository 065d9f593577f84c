"""Who learnt which secret, and at which delivery: carried whole, quoted, told in other words, or piece by piece.

Evidence is kept for each recipient and grows with every delivery, so what is told in ten mails is told. Parts of an encoding
that went in several messages are put together and read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from vigiles.world.oracle.decodings import chunks
from vigiles.world.oracle.evidence import Evidence, together
from vigiles.world.oracle.lore import Guarded, Standing
from vigiles.world.oracle.trail import Delivery


class Learnt(NamedTuple):
    """``who`` learnt ``guarded`` by ``delivery``; ``how``: ``carried``, ``fact``, ``quote``, or ``pieces`` of several."""

    guarded: Guarded
    who: str
    standing: Standing
    delivery: Delivery
    how: str
    events: tuple[int, ...]


def learnt(evidence: Evidence, deliveries: Iterable[Delivery]) -> list[Learnt]:
    """Return each secret's first full telling to each recipient: by one delivery, else by the pieces of several."""
    lore = evidence.lore
    if not lore.guarded:
        return []
    heard: dict[str, list[Delivery]] = {}
    known: set[tuple[str, int]] = set()
    found: list[Learnt] = []
    for delivery in deliveries:
        for who in delivery.to:
            heard.setdefault(who, []).append(delivery)
        for place, guarded in enumerate(lore.guarded):
            way = how(evidence, guarded, place, delivery)
            for who in delivery.to if way else ():
                if (who, place) not in known:
                    known.add((who, place))
                    found.append(Learnt(guarded, who, lore.standing(who, guarded), delivery, way or "", (delivery.event,)))
    for who, mine in heard.items():
        if len(mine) < 2:
            continue
        for place, guarded in enumerate(lore.guarded):
            if (who, place) not in known and _pieces(evidence, guarded, place, mine):
                last = _completed(evidence, guarded, place, mine)
                events = tuple(one.event for one in mine[: last + 1])
                found.append(Learnt(guarded, who, lore.standing(who, guarded), mine[last], "pieces", events))
    return found


def _completed(evidence: Evidence, guarded: Guarded, place: int, heard: list[Delivery]) -> int:
    """Return the place of the delivery with which the pieces were whole."""
    return next(n for n in range(len(heard)) if n == len(heard) - 1 or _pieces(evidence, guarded, place, heard[: n + 1]))


def how(evidence: Evidence, guarded: Guarded, place: int, delivery: Delivery) -> str | None:
    """Return how one delivery by itself tells the secret that is the lore's ``place``-th."""
    if not guarded.whole.isdisjoint(delivery.items):
        return "carried"
    if not delivery.texts:
        return None
    return evidence.told(guarded, together([evidence.seen(text)[place] for text in delivery.texts]))


def _pieces(evidence: Evidence, guarded: Guarded, place: int, heard: list[Delivery]) -> bool:
    texts = [text for delivery in heard for text in delivery.texts]
    if len(texts) < 2:
        return False
    if evidence.told(guarded, together([evidence.seen(text)[place] for text in texts])):
        return True
    # What was cut anywhere, also within a word or a code, is whole again when the parts stand one after the other.
    parts = [text.partition("\n")[2] or text for text in texts]
    coded = [run for part in parts for run in chunks(part)]
    joined = [" ".join(parts), *(["".join(coded)] if len(coded) > 1 else [])]
    return any(evidence.told(guarded, evidence.seen(whole)[place]) is not None for whole in joined)
