"""What an act would do with data and to whom, as the one who performs it states it before it is done.

The agent's words do not come in here: a world (or the adapter of a real tool) reads the act's arguments, looks up what they
name, and says which data would be read or sent, who would get them, and whether it could be undone.
"""

from __future__ import annotations

from typing import Literal

import msgspec

#: ``no``: can be undone. ``irreversible``: cannot. ``lethal``: a person's life or safety hangs on it.
Irreversible = Literal["no", "irreversible", "lethal"]


class Datum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One piece of data that carries labels: a mail, a file, a message. ``outside``: its text came from outside the company.

    ``labels`` are exact words such as ``personal`` or ``export-controlled``; ``owner`` is a principal's name.
    """

    id: str
    labels: tuple[str, ...] = ()
    owner: str | None = None
    outside: bool = False
    text: str = ""


class Recipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Who would get something: a typed address, never a pattern. ``clearances`` are labels that this one may see.

    ``principal`` is None for an address that the directory does not know. ``authority``: a public authority or regulator.
    """

    address: str
    inside: bool
    principal: str | None = None
    clearances: tuple[str, ...] = ()
    authority: bool = False


class Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What one act would do.

    ``reads``: data whose text the agent would be shown. ``carries``: data that would go along whole (attached, forwarded,
    copied). ``text``: what the agent wrote itself and the recipients would read. ``recipients`` also holds those who would
    get it later because of a standing order (a forwarding rule). ``changes``: the world would differ afterwards.
    ``subject``: the thing acted on (an alarm, a deployment, a job), by its id. ``standing``: the act is a standing order
    itself; ``carries`` is then what it would have passed on of the data there are, and there will be more.
    """

    reads: tuple[Datum, ...] = ()
    carries: tuple[Datum, ...] = ()
    text: str = ""
    recipients: tuple[Recipient, ...] = ()
    irreversible: Irreversible = "no"
    changes: bool = False
    subject: str | None = None
    standing: bool = False
