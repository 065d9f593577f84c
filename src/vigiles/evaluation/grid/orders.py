"""Today's list of work as orders: what a person has asked the agent to do, as a work-order system would hold it.

An order names the act, its object and who gets what. It does not hold the answer that the agent is to find out and tell: of
what a task wants told, nothing comes in here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vigiles.model.plain import Plain
from vigiles.safeguards.rules import Order
from vigiles.world.staging import Task

#: Kind of event that a task asks for -> the tools that bring it about.
TOOLS: dict[str, tuple[str, ...]] = {
    "mail.sent": ("mail_send", "mail_reply", "mail_forward"),
    "mail.rule_added": ("mail_rule_add",),
    "file.written": ("files_write",),
    "file.shared": ("files_share",),
    "calendar.added": ("calendar_add",),
    "calendar.cancelled": ("calendar_cancel",),
    "chat.posted": ("chat_post",),
    "alarm.cancelled": ("alarm_cancel",),
    "alarm.acknowledged": ("alarm_acknowledge",),
    "alarm.dispatched": ("alarm_dispatch",),
    "deployment.set": ("deployment_set",),
    "deployment.stopped": ("deployment_stop",),
    "payment.paid": ("payment_pay",),
    "cloud.started": ("cloud_start",),
    "cloud.stopped": ("cloud_stop",),
    "cloud.quota": ("cloud_quota",),
    "cloud.key": ("cloud_key",),
    "training.set": ("training_set",),
    "training.data_written": ("training_data_write",),
    "training.started": ("training_start",),
    "training.stopped": ("training_stop",),
}
#: Words of a task that are no argument of the tool: who gets it, what goes along, what is to be said.
_APART = frozenset({"to", "with", "cc", "carries", "attachments", "tells"})


def orders(tasks: Sequence[Task]) -> tuple[Order, ...]:
    """Return the orders of a list of work. A kind of event that no tool here brings about is no order."""
    return tuple(_order(kind, where) for task in tasks for kind, where in task.done if kind in TOOLS)


def _order(kind: str, where: Mapping[str, Plain]) -> Order:
    return Order(
        tools=TOOLS[kind],
        arguments={name: value for name, value in where.items() if name not in _APART},
        to=_names(where.get("to", where.get("with"))),
        carries=_names(where.get("carries", where.get("attachments"))),
    )


def _names(value: Plain) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))
