"""The closed union of everything a ledger can hold, and its decoder."""

from __future__ import annotations

from typing import Union, get_args

import msgspec

from vigiles.model.act import Act
from vigiles.model.applied import FilesApplied
from vigiles.model.cell import CellReady
from vigiles.model.claim import Claim
from vigiles.model.credential import CredentialsHeld
from vigiles.model.episode import CallEnded, EpisodeEnded, EpisodeOpened
from vigiles.model.erasure import Erasure
from vigiles.model.feedback import Feedback
from vigiles.model.finding import Finding
from vigiles.model.grant import Grant
from vigiles.model.honey import HoneyPlaced
from vigiles.model.incident import Incident
from vigiles.model.observation.compute import Compute
from vigiles.model.observation.denial import Denied
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flood import Flood
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.limit import LimitMet
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.office import OfficeEvent
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap
from vigiles.model.observation.shell import ShellState
from vigiles.model.preflight import Preflight
from vigiles.model.principal import Principal
from vigiles.model.response import Response
from vigiles.model.result import Result
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.score import Score
from vigiles.model.space import LedgerSpace
from vigiles.model.verdict import Verdict

Recorded = Union[  # noqa: UP007 - a tagged union that msgspec resolves by its ``type`` field
    Principal, RulesetInForce, EpisodeOpened, CellReady, Act, Verdict, Grant, Result, Claim, ProcessStart, ProcessExit,
    Connect, Bind, Denied, DnsQuery, Flow, HttpRequest, FileChange, Compute, Gap, ShellState, Flood, LimitMet, Finding,
    Incident, Response, Feedback, CallEnded, EpisodeEnded, Erasure, LedgerSpace, FilesApplied,
    Preflight, HoneyPlaced, CredentialsHeld, OfficeEvent, Score,
]  # fmt: skip

_decoder: msgspec.json.Decoder[Recorded] = msgspec.json.Decoder(Recorded)

#: Event type name -> class, in the order of the union.
EVENT_TYPES: dict[str, type[msgspec.Struct]] = {str(cls.__struct_config__.tag): cls for cls in get_args(Recorded)}


def decode(data: bytes) -> Recorded:
    """Return the record in canonical bytes. Raises ``msgspec.DecodeError`` (or its ``ValidationError``)."""
    return _decoder.decode(data)
