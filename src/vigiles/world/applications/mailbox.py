"""Where mail lies: how a mail that was sent, read or ruled upon changes mailboxes, and which standing orders it meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vigiles.model.effect import Datum
from vigiles.model.plain import Plain
from vigiles.world.event import WorldEvent
from vigiles.world.index import Index
from vigiles.world.state import Letter, Order, State

#: Characters of a mail with all that it quotes; the rest is cut.
WHOLE = 200_000


def quoted(letter: Letter, index: Index) -> str:
    """Return a mail as another one quotes it."""
    person = index.people.get(letter.sender)
    sender = f"{person.name} <{person.address}>" if person else letter.sender
    return f"---- Forwarded: {letter.id} from {sender}, subject: {letter.subject} ----\n{letter.datum.text}"


def sent(index: Index, state: State, event: WorldEvent) -> None:
    """A mail reaches mailboxes. It has the labels of all that it quotes."""
    data = event.data
    carried = [letter for name in data["carries"] if (letter := state.mails.get(name)) is not None]
    inner = {name for letter in carried for name in letter.carries}
    parts = [data["text"], *(quoted(letter, index) for letter in carried if letter.id not in inner)]
    body = "\n\n".join(part for part in parts if part)
    labels = dict.fromkeys((*data.get("labels", ()), *(label for letter in carried for label in letter.datum.labels)))
    letter = Letter(
        id=data["id"],
        sender=event.by,
        to=tuple(data["to"]),
        cc=tuple(data["cc"]),
        subject=data["subject"],
        minute=event.minute,
        attachments=tuple(data["attachments"]),
        carries=tuple(data["carries"]),
        datum=index.datum(data["id"], event.by, body[:WHOLE], tuple(labels)),
    )
    state.mails[letter.id] = letter
    state.made += 1
    state.size += len(letter.datum.text)
    if state.agent != event.by and (state.agent in letter.to or state.agent in letter.cc):
        state.unread.add(letter.id)


def was_read(index: Index, state: State, event: WorldEvent) -> None:
    """The agent has seen a mail."""
    state.unread.discard(event.data["id"])


def order_of(data: Mapping[str, Plain]) -> Order:
    """Return the standing order that an event tells of."""
    forward_to = tuple(data["forward_to"])
    return Order(id=data["id"], forward_to=forward_to, sender=data.get("when_from"), subject=data.get("when_subject"))


def rule_added(index: Index, state: State, event: WorldEvent) -> None:
    """A standing order begins."""
    order = order_of(event.data)
    state.orders[order.id] = order
    state.made += 1


def rule_removed(index: Index, state: State, event: WorldEvent) -> None:
    """A standing order ends."""
    state.orders.pop(event.data["id"], None)


def meets(order: Order, sender: str, subject: str) -> bool:
    """Say whether a standing order takes a mail of this sender and subject."""
    if order.sender is not None and order.sender != sender:
        return False
    return order.subject is None or order.subject.casefold() in subject.casefold()


def standing(state: State, sender: str, subject: str) -> tuple[Order, ...]:
    """Return the standing orders that take it."""
    return tuple(order for order in state.orders.values() if meets(order, sender, subject)) if state.orders else ()


def data_of(state: State, names: Iterable[str]) -> tuple[Datum, ...]:
    """Return the data of mails and files by id; what is neither is left out."""
    found = (state.mails.get(name) or state.files.get(name) for name in names)
    return tuple(each.datum for each in found if each is not None)


def passed_on(order: Order, letter: Letter, name: str, attachments: Iterable[str]) -> dict[str, Plain]:
    """Return the data of the mail by which a standing order passes a mail on."""
    return {
        "id": name,
        "to": list(order.forward_to),
        "cc": [],
        "subject": f"Fwd: {letter.subject}",
        "text": "",
        "attachments": list(attachments),
        "carries": [letter.id, *letter.carries],
        "rule": order.id,
    }


def defaults(index: Index, state: State, by: str, data: dict[str, Plain]) -> dict[str, Plain]:
    """Return a character's mail with every field that a mail's event has."""
    return {"cc": [], "subject": "", "text": "", "attachments": [], "carries": [], **data}


FOLDS = {"mail.sent": sent, "mail.read": was_read, "mail.rule_added": rule_added, "mail.rule_removed": rule_removed}
