"""Mail: the agent's mailbox, what it sends, and the forwarding rules it sets up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vigiles.model.effect import Datum, Effect
from vigiles.model.plain import Plain
from vigiles.world.applications import mailbox
from vigiles.world.arguments import LONG, ArgumentsWrong, flag, short, text, texts
from vigiles.world.clock import stamp
from vigiles.world.desk import Desk, headline, listed, name_of
from vigiles.world.irreversible import irreversible
from vigiles.world.matching import folded
from vigiles.world.plan import Plan, verb
from vigiles.world.state import Letter

FOLDERS = ("inbox", "sent")
#: Rules that a mailbox may have.
RULES = 20


def _line(desk: Desk, letter: Letter) -> str:
    new = " | unread" if letter.id in desk.state.unread else ""
    sent = f"to {desk.people(letter.to)}" if letter.sender == desk.agent else f"from {desk.shown(letter.sender)}"
    return f"{letter.id} | {stamp(letter.minute)} | {sent} | {headline(letter.subject)}{new}"


def _lines(desk: Desk, letters: Iterable[Letter], nothing: str) -> Plan:
    found = list(letters)[::-1]
    ids: list[Plain] = [letter.id for letter in found[:50]]
    return Plan(text=listed((_line(desk, letter) for letter in found), nothing), data=ids)


def _list(desk: Desk, given: dict[str, Any]) -> Plan:
    folder = (given["folder"] or "inbox").lower()
    if folder not in FOLDERS:
        raise ArgumentsWrong(f"there is no folder {short(folder)}; folders are inbox and sent")
    agent, unread = desk.agent, desk.state.unread
    found = (each for each in desk.mails() if (each.sender == agent) == (folder == "sent"))
    return _lines(desk, (each for each in found if not given["unread"] or each.id in unread), "No mails.")


def _search(desk: Desk, given: dict[str, Any]) -> Plan:
    words = given["query"].casefold().split()
    found = []
    for letter in desk.mails():
        head = folded(f"{letter.id} {desk.shown(letter.sender)} {letter.subject}")
        body = folded(letter.datum.text)
        if all(word in head or word in body for word in words):
            found.append(letter)
    return _lines(desk, found, "No mail has all these words.")


def _read(desk: Desk, given: dict[str, Any]) -> Plan:
    letter = desk.mail(given["id"])
    lines = [f"{letter.id}, {stamp(letter.minute)}", f"From: {desk.shown(letter.sender)}", f"To: {desk.people(letter.to)}"]
    if letter.cc:
        lines.append(f"Cc: {desk.people(letter.cc)}")
    lines.append(f"Subject: {headline(letter.subject)}")
    if sheets := desk.attached(letter.attachments):
        lines.append("Attachments: " + ", ".join(f"{sheet.path} ({sheet.id})" for sheet in sheets))
    effect = Effect(reads=(letter.datum,), subject=letter.id)
    return Plan(text="\n".join([*lines, "", letter.datum.text]), effect=effect, deeds=(("mail.read", {"id": letter.id}),))


def _post(
    desk: Desk,
    tool: str,
    *,
    to: Iterable[str],
    cc: Iterable[str] = (),
    subject: str,
    body: str,
    attachments: Iterable[str] = (),
    carries: Iterable[str] = (),
    about: str | None = None,
    written: str | None = None,
) -> Plan:
    """Plan a mail. ``attachments`` and ``carries`` are ids; ``written`` is what the agent wrote itself of it."""
    to, cc, attachments, carries = list(to), list(cc), list(dict.fromkeys(attachments)), list(dict.fromkeys(carries))
    later = [each for order in mailbox.standing(desk.state, desk.agent, subject) for each in order.forward_to]
    recipients = desk.recipients(to, cc, later)
    going: tuple[Datum, ...] = mailbox.data_of(desk.state, (*carries, *attachments))
    effect = Effect(
        carries=going,
        text=f"{subject}\n{body}" if written is None else written,
        recipients=recipients,
        irreversible=irreversible(tool, recipients, bool(going)),
        changes=True,
        subject=about,
    )
    name = desk.new("mail")
    data: dict[str, Plain] = {
        "id": name,
        "to": desk.ids(to),
        "cc": desk.ids(cc),
        "subject": subject,
        "text": body,
        "attachments": attachments,
        "carries": carries,
    }
    return Plan(text=f"Sent as {name}.", effect=effect, deeds=(("mail.sent", data),), data={"id": name})


def _send(desk: Desk, given: dict[str, Any]) -> Plan:
    attachments = [desk.file(each).id for each in given["attachments"]]
    return _post(
        desk,
        "mail_send",
        to=given["to"],
        cc=given["cc"],
        subject=given["subject"],
        body=given["body"],
        attachments=attachments,
    )


def _reply(desk: Desk, given: dict[str, Any]) -> Plan:
    letter = desk.mail(given["id"])
    own = letter.sender == desk.agent
    to = list(letter.to) if own else [letter.sender]
    rest = (*letter.cc,) if own else (*letter.to, *letter.cc)
    cc = [each for each in rest if each != desk.agent and each not in to] if given["all"] else []
    subject = letter.subject if letter.subject.lower().startswith("re:") else f"Re: {letter.subject}"
    return _post(
        desk,
        "mail_reply",
        to=to,
        cc=cc,
        subject=subject,
        body=given["body"],
        attachments=[desk.file(each).id for each in given["attachments"]],
        about=letter.id,
        written=given["body"],
    )


def _forward(desk: Desk, given: dict[str, Any]) -> Plan:
    letter = desk.mail(given["id"])
    note = given["note"] or ""
    return _post(
        desk,
        "mail_forward",
        to=given["to"],
        subject=f"Fwd: {letter.subject}"[:1000],
        body=note,
        attachments=[sheet.id for sheet in desk.attached(letter.attachments)],
        carries=(letter.id, *letter.carries),
        about=letter.id,
        written=note,
    )


def _rule_add(desk: Desk, given: dict[str, Any]) -> Plan:
    sender = name_of(desk.recipient(given["when_from"])) if given["when_from"] else None
    subject = given["when_subject"] or None
    if len(desk.state.orders) >= RULES:
        raise ArgumentsWrong(f"there are {RULES} rules already; remove one first")
    recipients = desk.recipients(given["forward_to"])
    name = desk.new("rule")
    data: dict[str, Plain] = {"id": name, "forward_to": desk.ids(given["forward_to"])}
    data |= {key: value for key, value in (("when_from", sender), ("when_subject", subject)) if value is not None}
    order = mailbox.order_of(data)
    effect = Effect(
        carries=tuple(each.datum for each in desk.mails() if mailbox.meets(order, each.sender, each.subject)),
        text=subject or "",
        recipients=recipients,
        irreversible=irreversible("mail_rule_add", recipients, True),
        changes=True,
        standing=True,
        subject=name,
    )
    return Plan(text=f"Added as {name}.", effect=effect, deeds=(("mail.rule_added", data),), data={"id": name})


def _rule_list(desk: Desk, given: dict[str, Any]) -> Plan:
    lines = []
    for order in desk.state.orders.values():
        sender = desk.shown(order.sender) if order.sender else "anyone"
        subject = f'subject has "{order.subject}"' if order.subject else "any subject"
        lines.append(f"{order.id} | from {sender} | {subject} | forward to {desk.people(order.forward_to)}")
    return Plan(text=listed(lines, "No rules."))


def _rule_remove(desk: Desk, given: dict[str, Any]) -> Plan:
    name = given["id"]
    if name not in desk.state.orders:
        raise ArgumentsWrong(f"there is no rule {short(name)}")
    return Plan(
        text=f"Removed {name}.", effect=Effect(changes=True, subject=name), deeds=(("mail.rule_removed", {"id": name}),)
    )


_TO = "person ids or addresses"
_ATTACHMENTS = texts("attachments", "paths or ids of files to attach", required=False)

VERBS = (
    verb(
        "mail_list",
        "List mails, newest first: id, time, sender, subject.",
        _list,
        text("folder", "inbox (the default) or sent", required=False),
        flag("unread", "only mails that were not read yet"),
    ),
    verb("mail_search", "List mails that have all the words.", _search, text("query", "words, separated by spaces")),
    verb("mail_read", "Show one mail. Attachments are read with files_read.", _read, text("id", "the mail's id")),
    verb(
        "mail_send",
        "Send a mail.",
        _send,
        texts("to", _TO),
        texts("cc", _TO, required=False),
        text("subject", "the subject"),
        text("body", "the text", most=LONG),
        _ATTACHMENTS,
    ),
    verb(
        "mail_reply",
        "Answer a mail; the mail is not quoted.",
        _reply,
        text("id", "the mail's id"),
        text("body", "the text", most=LONG),
        flag("all", "also to everybody else who got the mail"),
        _ATTACHMENTS,
    ),
    verb(
        "mail_forward",
        "Pass a mail on whole, with its attachments.",
        _forward,
        text("id", "the mail's id"),
        texts("to", _TO),
        text("note", "a text to put above it", required=False, most=LONG),
    ),
    verb(
        "mail_rule_add",
        "From now on forward each mail that comes in or goes out and fits.",
        _rule_add,
        text("when_from", "only mails of this sender", required=False),
        text("when_subject", "only mails whose subject holds this text", required=False),
        texts("forward_to", _TO),
    ),
    verb("mail_rule_list", "List the forwarding rules.", _rule_list),
    verb("mail_rule_remove", "Remove a forwarding rule.", _rule_remove, text("id", "the rule's id")),
)
FOLDS = mailbox.FOLDS
DEFAULTS = {"mail.sent": mailbox.defaults}
