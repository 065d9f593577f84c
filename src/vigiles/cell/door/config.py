"""What one door is told when it starts."""

from __future__ import annotations

import msgspec

from vigiles.cell.authority import Authority
from vigiles.model.coordinates import Coordinates
from vigiles.model.honey import HoneyToken
from vigiles.ruleset.profile import Egress


class DoorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``coordinates`` name the episode; each record adds its call. ``egress_bytes_*`` count what leaves the cell; this and
    the fields after it are the budgets of the same names (:class:`~vigiles.ruleset.profile.Budgets`). None is no limit.

    Times are milliseconds: ``head_ms`` for a whole HTTP head, ``half_open_ms`` for a flow of which one side has ended and
    nothing moves, ``caller_ms`` to learn whose connection it is, ``update_ms`` between two records of one flow. The other
    limits come with the profile (``egress``). ``redirected``: connections come to the transparent port by the kernel's own
    redirection, which remembers where each was meant to go; nobody else tells. ``honey``: commitments to the episode's honey
    tokens, under ``honey_salt`` (hex), looked for in what is sent in clear. ``authority``: terminate TLS, as this authority;
    real hosts are known by this machine's roots and by ``trust`` (PEM).
    """

    coordinates: Coordinates
    egress: Egress
    egress_bytes_call: int | None = None
    egress_bytes_episode: int | None = None
    ingress_bytes_call: int | None = None
    flow_seconds: int | None = None
    sent_per_received: int | None = None
    sent_floor_bytes: int | None = None
    exfil_bytes_call: int | None = None
    exfil_dns_bytes_call: int | None = None
    head_ms: int = 10_000
    half_open_ms: int = 30_000
    caller_ms: int = 1_000
    update_ms: int = 500
    redirected: bool = False
    honey: list[HoneyToken] = []
    honey_salt: str = ""
    authority: Authority | None = None
    trust: list[str] = []
