"""One request at the door, of whatever version of HTTP: may it go out, as what, and what did it carry?"""

from __future__ import annotations

import msgspec

from vigiles.cell.door.allowance import Allowance
from vigiles.cell.door.flows.flow import LiveFlow
from vigiles.cell.door.flows.overheard import Overheard
from vigiles.cell.door.refusal import Refusal
from vigiles.protocols.http import Fields, Framing


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On which terms a request goes out, as ``target``. Bytes count bodies as they are sent; None is no limit."""

    target: str
    max_request_bytes: int | None = None
    max_response_bytes: int | None = None
    max_seconds: int | None = None


def admit(
    allowance: Allowance, flow: LiveFlow, heard: Overheard, method: str, target: str, fields: Fields, framing: Framing
) -> Terms:
    """Judge a request to the flow's host, of which nothing has gone out. Raises :class:`Refusal`.

    ``target`` is in origin form. A body of unknown length is ``chunked``, also where HTTP/2 carries it. Whoever calls this
    calls :func:`settle` when the exchange is over, however it ended.
    """
    verdict = allowance.rules.judge(flow.host, flow.port, method, target, fields, framing)
    weighed = allowance.hidden(flow.call).weigh(flow.host, target, fields)
    reason = verdict.reason
    if reason == "allowed" and not allowance.may_carry(flow.call, weighed.total):
        reason = "budget_exfil"
    if reason != "allowed" and not allowance.observing:
        raise Refusal(reason)
    allowance.hidden(flow.call).take(weighed, flow.host)
    heard.weighed = weighed
    if allowance.observing:
        heard.unenforced = None if reason == "allowed" else reason
        return Terms(target=target)
    return Terms(
        target=verdict.target, max_request_bytes=verdict.max_request_bytes, max_response_bytes=verdict.max_response_bytes,
        max_seconds=verdict.max_seconds,
    )  # fmt: skip


def settle(allowance: Allowance, flow: LiveFlow, heard: Overheard, target: str) -> None:
    """Count what an exchange came to against what its call carries."""
    if heard.weighed is not None:
        hidden = allowance.hidden(flow.call)
        sizes = heard.answer.size, heard.out.size
        heard.settled = hidden.answered(heard.weighed, flow.host, target, heard.status, *sizes)
