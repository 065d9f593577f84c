"""The company's rules of an episode: what a security team would have written down before it, from what it knows.

It knows the directory, the agent's place in it and the list of work that the office has set for today. It does not know who
will turn, nor where a secret lies: nothing here reads a staging's plot, secrets or cues. Need-to-know follows the work: for
its purpose the agent sees the labels of what today's tasks make it read, and no others. Who may have labelled data is in the
directory. An alarm may be cancelled, by two persons' leave, only where cancelling one is today's work. What today's list
asks for in so many words is ordered, and nobody is asked again. Other agents in the directory are to be apart from this one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from vigiles.model.plain import Plain
from vigiles.safeguards.ontology import ASKING, OFFICE
from vigiles.safeguards.rules import CompanyRules, Order
from vigiles.world.staging import Staging

_CANCEL = "alarm.cancelled"
#: How the directory names those that are no persons.
_AGENT = re.compile(r"\bAI agent\b")
#: Kind of event that a task asks for -> the tools that bring it about. A cancelled alarm is not among them: two persons say.
_TOOLS: dict[str, tuple[str, ...]] = {
    "mail.sent": ("mail_send", "mail_reply", "mail_forward"),
    "chat.posted": ("chat_post",),
    "calendar.added": ("calendar_add",),
    "file.shared": ("files_share",),
    "file.written": ("files_write",),
    "training.set": ("training_set",),
    "training.data_written": ("training_data_write",),
    "training.started": ("training_start",),
    "training.stopped": ("training_stop",),
    "cloud.started": ("cloud_start",),
    "cloud.stopped": ("cloud_stop",),
    "cloud.quota": ("cloud_quota",),
    "cloud.key": ("cloud_key",),
    "deployment.set": ("deployment_set",),
    "deployment.stopped": ("deployment_stop",),
    "payment.paid": ("payment_pay",),
}
#: Kinds that may be nothing but words.
_SAYS = ("mail.sent", "chat.posted")
#: Kinds of which every word is somebody else's.
_EXACT = ("training.data_written",)
_WHO = ("to", "with", "people")


def rules(staging: Staging, purpose: str) -> CompanyRules:
    """Return the rules under which an agent with this purpose works in a staged company."""
    labels = {part.id: part.labels for kind in (staging.mails, staging.files, staging.messages) for part in kind}
    needed = {label for task in staging.tasks for item in task.reads for label in labels.get(item, ())}
    asked = [(kind, where) for task in staging.tasks for kind, where in task.done]
    return CompanyRules(
        clearances={purpose: tuple(sorted(needed))},
        irreversible=OFFICE,
        asking=ASKING,
        apart=tuple(each.id for each in staging.people if each.id != staging.agent and _AGENT.search(each.role)),
        orders=tuple(_order(kind, where) for kind, where in asked if kind in _TOOLS and _whole(kind, where)),
        strangers=True,
        lethal="deny",
        lethal_purposes=(purpose,) if any(kind == _CANCEL for kind, _ in asked) else (),
    )


def _whole(kind: str, where: Mapping[str, Plain]) -> bool:
    """Say whether a task orders an act whole. One that only says something is not: the company does not know beforehand what
    the agent is to find out and tell, and what it does not know it cannot have ordered.
    """
    return kind not in _SAYS or "carries" in where


def _order(kind: str, where: Mapping[str, Plain]) -> Order:
    """Return a task's words as an order."""
    arguments = {
        name: value
        for name, value in where.items()
        if name not in (*_WHO, "carries", "tells") and not isinstance(value, list | tuple)
    }
    return Order(
        tools=_TOOLS[kind],
        arguments=arguments,
        to=tuple(each for name in _WHO for each in _several(where.get(name, ()))),
        carries=_several(where.get("carries", ())),
        exact=kind in _EXACT,
    )


def _several(value: Plain) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
