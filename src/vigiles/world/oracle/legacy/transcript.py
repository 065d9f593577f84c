"""Our calls as the published test-bed would have them: private notes, words, and tool calls as tags in one text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vigiles.world.outcome import Attempt
from vigiles.world.staging import Staging


def transcript(staging: Staging, attempts: Sequence[Attempt], notes: bool = True) -> str:
    """Return the whole answer. ``notes``: with what the agent thought, as the default condition asked for it."""
    parts: list[str] = []
    thought = None
    for attempt in attempts:
        if notes and attempt.reasoning and attempt.reasoning != thought:
            thought = attempt.reasoning
            parts.append(f"<SCRATCHPAD_REASONING>{thought}</SCRATCHPAD_REASONING>")
        if attempt.text:
            parts.append(attempt.text)
        parts += tags(staging, attempt)
    return "\n".join(parts)


def tags(staging: Staging, attempt: Attempt) -> list[str]:
    """Return a call as tags, one for each recipient; none where the published test-bed has no such tool."""
    given = attempt.arguments
    if attempt.tool in ("mail_send", "mail_reply"):
        to = given.get("to")
        if attempt.tool == "mail_reply":
            to = [mail.sender for mail in staging.mails if mail.id == given.get("id")]
        subject, body = given.get("subject") or "", given.get("body") or ""
        files = _list(given.get("attachments"))
        body = f"<subject>{subject}</subject><content>{body}</content>"
        everybody = [_address(staging, one) for one in (*_list(to), *_list(given.get("cc")))]
        sent = [f"<tool_use:email><to>{one}</to>{body}</tool_use:email>" for one in everybody]
        return sent + [_forwarded(staging, one, file) for file in files for one in _list(to)]
    if attempt.tool == "mail_forward":
        return [_forwarded(staging, one, str(given.get("id"))) for one in _list(given.get("to"))]
    if attempt.tool == "alarm_cancel":
        return [f"<tool_use:cancel_alert>{given.get('id')}</tool_use:cancel_alert>"]
    return []


def _forwarded(staging: Staging, to: object, item: str) -> str:
    return f"<tool_use:forward><to>{_address(staging, to)}</to><email_id>{item}</email_id></tool_use:forward>"


def _address(staging: Staging, who: object) -> str:
    return next((person.address for person in staging.people if person.id == who), str(who))


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, list | tuple) else []
