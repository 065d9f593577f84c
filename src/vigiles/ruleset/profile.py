"""The profile: what one kind of cell may do, as frozen values that every floor above reads.

A profile is written as ``profile.toml`` (see ``docs/guides/profile.md``, which documents every key) and compiled by
:mod:`vigiles.ruleset.compile`. Nothing here checks text; a value that exists has passed the checks.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from vigiles.model.feedback import FeedbackValue
from vigiles.model.finding import Severity
from vigiles.model.observation.files import FileFlag
from vigiles.model.response import ResponseKind
from vigiles.model.retention import Retention
from vigiles.ruleset.credential import Credential
from vigiles.ruleset.request_rule import RequestRule

Tier = Literal["U-", "U", "R", "V"]
OnExposure = Literal["refuse", "warn", "ignore"]
HoneyFile = Literal[".aws/credentials", ".netrc", ".git-credentials"]
TIERS: tuple[Tier, ...] = ("U-", "U", "R", "V")

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Positive: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
#: None means no limit; a file says so with ``"unlimited"``.
Limit: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)] | None
#: As :data:`Limit`, but never 0: what the kernel enforces would let nothing at all run, or would read 0 as no limit.
PositiveLimit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None

#: Seconds, a day at most.
Wait: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=86_400)]

#: Addresses that no cell reaches by default: they belong to the host, its neighbours or nobody. A pin overrides them.
REFUSED_RANGES: tuple[str, ...] = (
    "0.0.0.0/8",  # this host (RFC 1122); Linux dials 0.0.0.0 as loopback
    "10.0.0.0/8",  # private (RFC 1918)
    "100.64.0.0/10",  # carrier NAT (RFC 6598); holds a cloud metadata service at 100.100.100.200
    "127.0.0.0/8",  # loopback
    "168.63.129.16/32",  # a cloud's host agent, on a public-looking address
    "169.254.0.0/16",  # link-local; instance metadata
    "172.16.0.0/12",  # private
    "192.0.0.0/24",  # protocol assignments (RFC 6890); holds a cloud metadata service at 192.0.0.192
    "192.168.0.0/16",  # private
    "198.18.0.0/15",  # benchmarking (RFC 2544); our own synthetic answers
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, and broadcast
    "::/96",  # unspecified, loopback and the old IPv4-compatible form
    "64:ff9b:1::/48",  # local translation (RFC 8215): leads to any IPv4 address
    "100::/64",  # discard
    "2001:2::/48",  # benchmarking (RFC 5180); our own synthetic answers
    "2001::/32",  # Teredo: tunnels to IPv4
    "::ffff:0:0:0/96",  # the old IPv4-translated form (RFC 2765)
    "2002::/16",  # 6to4: tunnels to IPv4
    "fc00::/7",  # unique local; instance metadata at fd00:ec2::254
    "fe80::/10",  # link-local
    "fec0::/10",  # site-local, deprecated but routed by some
    "ff00::/8",  # multicast
)

#: Flags that are held back at apply: a file that some other program runs or obeys without being asked.
HELD_FLAGS: tuple[FileFlag, ...] = (
    "git_hook",
    "git_config",
    "git_dir",
    "shell_startup",
    "editor_config",
    "agent_config",
    "system_startup",
)


class Egress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may leave the cell, and what the door checks.

    ``hosts``, ``upgrade`` and the keys of ``pins`` are canonical ``host:port`` (IPv6 in brackets), matched exactly.
    A pin names the one address that its host and port may be dialled at, refused range or not. ``refused_ranges`` are
    CIDR networks. ``requests`` say what a host may be sent; one that none names may be sent anything. ``tls``: what becomes
    of TLS, passed on as it is or ended at the door, with mode ``allow``; ``trust`` are files of further root certificates
    (PEM) that a real host may then be known by, beside this machine's. Times are
    milliseconds, entropy is millibits a character, sizes are counts.
    """

    mode: Literal["none", "allow", "observe"] = "none"
    hosts: list[str] = []
    pins: dict[str, str] = {}
    upgrade: list[str] = []
    requests: list[RequestRule] = []
    transparent: bool = True
    allow_protocols: list[Literal["tls", "http"]] = msgspec.field(default_factory=lambda: ["tls", "http"])
    credentials: list[Credential] = []
    tls: Literal["pass", "terminate"] = "pass"
    trust: list[str] = []
    refused_ranges: list[str] = msgspec.field(default_factory=lambda: list(REFUSED_RANGES))
    dns_max_queries: Count = 2000
    dns_max_label_entropy_mbits: Count = 4200
    first_flight_ms: Positive = 5000
    dial_ms: Positive = 10_000
    idle_ms: Positive = 300_000
    max_flows: Positive = 512


class Files(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of the file system the cell sees and keeps.

    ``workdir``: changes go to an overlay, to the real directory, or nowhere. ``apply``: what becomes of an overlay's
    changes at the end: ``review`` applies all but files with a ``held`` flag, which a person must take over; ``all``
    applies everything; ``discard`` nothing. ``read`` and ``write`` are further absolute paths, or paths under ``~``.
    Sizes in bytes. ``denials``: record what Landlock refuses, which needs tier R and has the kernel make audit records.
    """

    workdir: Literal["overlay", "direct", "read_only"] = "overlay"
    apply: Literal["review", "all", "discard"] = "review"
    read: list[str] = []
    write: list[str] = []
    held: list[FileFlag] = msgspec.field(default_factory=lambda: list(HELD_FLAGS))
    tmp_bytes: Positive = 1 << 30
    tmp_inodes: Positive = 262_144
    digest_limit_bytes: Count = 16 << 20
    denials: bool = False


class Environment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``allow``: exact names taken over from the host's environment. ``set``: names and values given by the profile."""

    allow: list[str] = []
    set: dict[str, str] = {}


class Budgets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits; None is no limit. ``processes`` are alive at once in the cell; ``memory_bytes`` is memory of one
    process (private data by RLIMIT_DATA, with shared memory by looking); ``memory_bytes_cell`` is memory of the whole cell,
    which only tier R can bound: a profile that gives it needs ``tier = "R"``; ``output_bytes`` is standard output plus
    standard error of one call as kept; a call that writes more than ``output_bytes_call`` is ended. ``ingress_bytes_call``
    come in through the door; ``flow_seconds`` is how long one flow may stand; a flow or call that has sent more than
    ``sent_floor_bytes`` (None: 1 MiB) may not have sent more than ``sent_per_received`` times what it received.
    ``exfil_bytes_call`` and ``exfil_dns_bytes_call`` count as :mod:`vigiles.protocols.hidden` does.
    """

    calls: Limit = None
    processes: PositiveLimit = None
    memory_bytes: PositiveLimit = None
    memory_bytes_cell: PositiveLimit = None
    cpu_seconds_call: PositiveLimit = None
    cpu_seconds_episode: PositiveLimit = None
    wall_seconds_call: PositiveLimit = None
    wall_seconds_episode: PositiveLimit = None
    egress_bytes_call: Limit = None
    egress_bytes_episode: Limit = None
    ingress_bytes_call: PositiveLimit = None
    flow_seconds: PositiveLimit = None
    sent_per_received: PositiveLimit = None
    sent_floor_bytes: PositiveLimit = None
    exfil_bytes_call: PositiveLimit = None
    exfil_dns_bytes_call: PositiveLimit = None
    output_bytes: PositiveLimit = None
    output_bytes_call: PositiveLimit = None
    open_files: PositiveLimit = None


class Responses(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What we do when an incident reaches a severity, in this order; ``detectors`` overrides single severities."""

    info: list[ResponseKind] = []
    low: list[ResponseKind] = []
    medium: list[ResponseKind] = []
    high: list[ResponseKind] = []
    critical: list[ResponseKind] = []
    detectors: dict[str, dict[Severity, list[ResponseKind]]] = {}

    def kinds(self, severity: Severity, detector: str | None = None) -> list[ResponseKind]:
        """Return the responses for ``severity``, as overridden for ``detector``; a copy."""
        override = self.detectors.get(detector, {}) if detector is not None else {}
        if severity in override:
            return list(override[severity])
        by_severity: dict[Severity, list[ResponseKind]] = {
            "info": self.info,
            "low": self.low,
            "medium": self.medium,
            "high": self.high,
            "critical": self.critical,
        }
        return list(by_severity[severity])


class Preflight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of a start for which each kind of exposure is found (:mod:`vigiles.runtime.preflight`)."""

    runtime_socket: OnExposure = "refuse"
    host_root: OnExposure = "refuse"
    host_write: OnExposure = "warn"
    metadata: OnExposure = "warn"
    privileged: OnExposure = "warn"
    secret_environment: OnExposure = "warn"
    secret_file: OnExposure = "warn"


class Honey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials that open nothing, minted for each episode: ``files`` in the cell's home, names of ``environment``."""

    files: list[HoneyFile] = []
    environment: list[str] = []


class Approvals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long an act that a rule holds waits for persons, and whose word counts (:mod:`vigiles.ruleset.grants`).

    ``wait_seconds`` 0: it expires at once. ``approvers`` are registered persons, empty: all of them. ``run_by`` are those
    who run the agent, beside the registered persons whose login runs Vigiles.
    """

    wait_seconds: Wait = 0
    approvers: list[str] = []
    run_by: list[str] = []


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of cell. ``tier`` is the least tier that will do; ``mode`` ``observe`` judges and records but refuses
    nothing. ``detectors`` are names of one's own that watch beside those of Vigiles. ``feedback`` overrides
    :data:`vigiles.model.feedback.DEFAULT_FEEDBACK` and may name finding rules too.
    """

    name: str
    description: str = ""
    tier: Tier = "U"
    mode: Literal["enforce", "observe"] = "enforce"
    detectors: list[str] = []
    egress: Egress = Egress()
    files: Files = Files()
    environment: Environment = Environment()
    preflight: Preflight = Preflight()
    retention: Retention = Retention()
    honey: Honey = Honey()
    approvals: Approvals = Approvals()
    budgets: Budgets = Budgets()
    responses: Responses = Responses()
    feedback: dict[str, FeedbackValue] = {}
