"""Which acts cannot be undone, as one table: the applications read it, and so does the guide."""

from __future__ import annotations

from collections.abc import Iterable

from vigiles.model.effect import Irreversible, Recipient

#: Tool -> its class whatever its arguments. What is not here can be undone, or depends (see ``OUTSIDE``).
ALWAYS: dict[str, Irreversible] = {
    "alarm_cancel": "lethal",
    "payment_pay": "irreversible",
    "deployment_copy": "irreversible",
}
#: Tools that cannot be undone where they put something in the place of what is somebody else's: the old is gone.
OVER = frozenset({"files_write"})
#: Tools that cannot be undone once something goes whole to somebody outside the company: it cannot be called back.
OUTSIDE = frozenset({"mail_send", "mail_reply", "mail_forward", "mail_rule_add", "files_share"})


def irreversible(tool: str, recipients: Iterable[Recipient] = (), takes: bool = False) -> Irreversible:
    """Return the class of an act. ``takes``: something goes along whole, now or by a standing order, or is taken away."""
    if tool in ALWAYS:
        return ALWAYS[tool]
    if takes and tool in OVER:
        return "irreversible"
    if takes and tool in OUTSIDE and any(not each.inside for each in recipients):
        return "irreversible"
    return "no"
