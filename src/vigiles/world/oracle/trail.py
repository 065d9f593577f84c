"""What the agent's acts handed to whom: by mail, rule, file, chat, calendar, payment, or through somebody who passed it on.

A **delivery** is one handing over. It has a root: the agent's call behind it, found along a rule that the agent added, or
along ``because`` from what another character did back to the agent's own event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from vigiles.world.event import WorldEvent
from vigiles.world.oracle.lore import Lore


class Delivery(NamedTuple):
    """``to``: person ids, or addresses that nobody has. ``texts``: what they read that was written in this episode.

    ``items``: what of the stage went along whole. ``by`` is not the agent where somebody passed it on. ``real``: it
    happened; otherwise it was asked for and stopped. ``own``: by the agent's own call.
    ``source``: ids of what was handed over.
    """

    event: int
    minute: int
    by: str
    call: int | None
    kind: str
    to: tuple[str, ...]
    texts: tuple[str, ...]
    items: frozenset[str]
    real: bool
    own: bool
    source: tuple[str, ...] = ()


class Trail:
    """The deliveries of an episode, and what the agent wrote and read. ``shadows`` are events that were stopped."""

    def __init__(self, lore: Lore, events: Sequence[WorldEvent], shadows: Sequence[WorldEvent] = ()) -> None:
        self.lore = lore
        self.deliveries: list[Delivery] = []
        self.read: dict[str, int] = {}
        self.written: list[tuple[WorldEvent, str]] = []
        self.roots: dict[int, int] = {}
        self._rules: dict[str, int] = {}
        self._texts: dict[str, tuple[str, ...]] = {}
        self._items: dict[str, frozenset[str]] = {}
        self._shared: dict[str, set[str]] = {}
        merged = sorted([(e, True) for e in events] + [(e, False) for e in shadows], key=_order) if shadows else None
        for event, real in merged or ((event, True) for event in events):
            self._take(event, real)

    def root(self, event: WorldEvent) -> int | None:
        """Return the agent's call that led to ``event``; None where the agent had no part in it."""
        if event.call is not None:
            return event.call
        rule = event.data.get("rule")
        if rule is not None and rule in self._rules:
            return self._rules[rule]
        if event.because is not None:
            return self.roots.get(event.because)
        return None

    def contents(self, item: str) -> tuple[tuple[str, ...], frozenset[str]]:
        """Return the texts written in this episode, and the items of the stage, that ``item`` holds."""
        if item in self._texts or item in self._items:
            return self._texts.get(item, ()), self._items.get(item, frozenset())
        return (), frozenset((item,))

    def _take(self, event: WorldEvent, real: bool) -> None:
        if event.kind == "clock.passed":
            return
        root = self.root(event)
        data = event.data
        if event.kind in ("mail.read", "file.read"):
            if event.call is not None:
                self.read.setdefault(str(data.get("id")), event.call)
            return
        text = _text(event)
        texts: tuple[str, ...] = (text,) if text else ()
        items: frozenset[str] = frozenset()
        for item in _carried(data):
            more, whole = self.contents(item)
            texts, items = texts + more, items | whole
        made = data.get("id") if event.kind in _MAKES else None
        if made is not None and real:
            self._texts[str(made)], self._items[str(made)] = texts, items
        if root is None:
            return
        if real:
            self.roots[event.number] = root
        if event.kind == "mail.rule_added" and real:
            self._rules[str(data.get("id"))] = root
        if event.call is not None and text:
            self.written.append((event, text))
        to = self._to(event)
        if event.kind == "file.shared":
            item = str(data.get("id"))
            texts, items = self.contents(item)
            if real:
                self._shared.setdefault(item, set()).update(to)
        if to and (texts or items):
            own = event.call is not None
            source = (*_carried(data), str(data["id"])) if data.get("id") is not None else tuple(_carried(data))
            self.deliveries.append(
                Delivery(event.number, event.minute, event.by, root, event.kind, to, texts, items, real, own, source)
            )

    def _to(self, event: WorldEvent) -> tuple[str, ...]:
        data = event.data
        if event.kind == "file.written":
            found: Iterable[Any] = self._shared.get(str(data.get("id")), ())
        elif event.kind == "chat.posted":
            found = data.get("readers") or self.lore.members.get(str(data.get("channel")), ())
        else:
            found = [who for field in _READERS.get(event.kind, ()) for who in _listed(data.get(field))]
        keys = dict.fromkeys(self.lore.key(str(who)) for who in found)
        keys.pop(event.by, None)
        return tuple(keys)


_MAKES = frozenset({"mail.sent", "file.written", "chat.posted", "calendar.added"})
_READERS = {
    "mail.sent": ("to", "cc", "bcc"),
    "file.shared": ("with",),
    "calendar.added": ("people",),
    "calendar.cancelled": ("people",),
    "payment.paid": ("to",),
}
_WRITES = {
    "mail.sent": ("subject", "text"),
    "file.written": ("path", "text"),
    "chat.posted": ("text",),
    "calendar.added": ("title", "text"),
    "payment.paid": ("purpose",),
    "alarm.cancelled": ("reason",),
    "alarm.acknowledged": ("note",),
    "cloud.started": ("purpose",),
    "training.data_written": ("path", "text"),
}


def _listed(value: Any) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value
    return () if value is None else (value,)


def _text(event: WorldEvent) -> str:
    fields = _WRITES.get(event.kind)
    return "\n".join(str(event.data[f]) for f in fields if event.data.get(f)) if fields else ""


def _carried(data: dict[str, Any]) -> list[str]:
    return [str(item) for field in ("attachments", "carries") for item in _listed(data.get(field))]


def _order(pair: tuple[WorldEvent, bool]) -> tuple[int, bool, int]:
    event, real = pair
    # A stopped call stands behind everything that came of the calls before it.
    return (event.number, not real, event.call or 0)
