"""The opening and the end of an episode and of a call."""

from __future__ import annotations

from typing import Literal

from vigiles.model.record import Event
from vigiles.model.retention import Retention


class EpisodeOpened(Event, frozen=True, kw_only=True, tag="episode_opened"):
    """An episode began under ``profile`` (ruleset ``ruleset``), for ``principal``, in tier ``tier`` (see ``cell_ready``).

    ``workdir``: the absolute path of its work directory, the same inside the cell and outside. ``retention``: how long the
    bodies of its records are kept, where the profile says so.
    """

    principal: str
    profile: str
    ruleset: str
    tier: str
    workdir: str | None = None
    retention: Retention | None = None


class EpisodeEnded(Event, frozen=True, kw_only=True, tag="episode_ended"):
    """An episode ended. ``leftover`` is the number of processes that had to be killed with the cell.

    ``supervisor_died`` is written by the recorder when it loses the supervisor; what was left, and used, nobody knows then.
    """

    reason: Literal[
        "closed", "response", "stopped", "supervisor_died", "cell_died", "probe_failed", "ledger_unwritable", "refused"
    ]
    leftover: int = 0
    cpu_us: int = 0


class CallEnded(Event, frozen=True, kw_only=True, tag="call_ended"):
    """The last process of a call is gone; ``cpu_us`` is then its final CPU time, ``memory_peak`` the most memory, bytes,
    that all of it had at once, ``sent_bytes`` what its sockets sent, IP headers and loopback included (both None in tier U).
    """

    cpu_us: int
    processes: int
    memory_peak: int | None = None
    sent_bytes: int | None = None
