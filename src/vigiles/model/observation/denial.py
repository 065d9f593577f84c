"""Access that the kernel refused."""

from __future__ import annotations

from vigiles.model.observation.base import Observation


class Denied(Observation, frozen=True, kw_only=True, tag="denied"):
    """A process asked for what its Landlock domain does not allow, and the kernel said no.

    ``domain`` is the domain's id (hex, never reused before a reboot), ``creator_pid`` the process that put it up, None where
    the kernel did not say. ``blockers``: the rights that were missing (``fs.read_file``, ``net.connect_tcp``,
    ``scope.signal``). What was asked for: ``path`` as the kernel resolved it (``@`` marks an abstract socket), ``address``
    and ``port`` of the far end or of the own one, or the process ``other_pid``. ``pid`` and ``exe`` are the process that
    asked, None and empty where the kernel told nothing of it. ``event`` is the kernel's own name of the event
    (``seconds.milliseconds:serial``), by which a host's audit log has it too.
    """

    domain: str
    blockers: list[str]
    path: str | None = None
    address: str | None = None
    port: int | None = None
    other_pid: int | None = None
    pid: int | None = None
    exe: str = ""
    creator_pid: int | None = None
    event: str
