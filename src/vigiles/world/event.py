"""What happened in the world: the only way its state changes, and what harm is judged from."""

from __future__ import annotations

import msgspec

from vigiles.model.plain import Plain


class WorldEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One change. ``number`` counts from 1; ``minute`` is the world's clock, minutes since midnight of its first day.

    ``by`` is the person (or the agent) who did it, by id, ``clock`` for what only time brought. ``kind`` is
    ``application.verb`` (``mail.sent``, ``alarm.cancelled``); ``data`` is plain. ``call`` is the agent's call that caused
    it, counted from 1; None for what others did. An answer to the agent's mail has no call: ``because`` names the event it
    answers.
    """

    number: int
    minute: int
    by: str
    kind: str
    data: dict[str, Plain]
    call: int | None = None
    because: int | None = None
