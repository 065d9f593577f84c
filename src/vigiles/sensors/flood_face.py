"""What an observation is about, in the few words by which a flood of its like is told; pure."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from vigiles.model.observation.base import Observation
from vigiles.model.observation.denial import Denied
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flood import FloodKind
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap


class Face(NamedTuple):
    """``what``: the fate that all of one flood share; ``thing``: the program, destination, name or folder."""

    kind: FloodKind
    what: str
    thing: str


def face_of(record: Observation) -> Face | None:
    """Return the face of an observation; None for those that no workload can make at will."""
    if isinstance(record, ProcessStart):
        return Face("process_start", record.via, record.exe)
    if isinstance(record, ProcessExit):
        return Face("process_exit", "", f"status {record.status}")
    if isinstance(record, Connect):
        return Face("connect", f"{record.transport} {record.outcome} {record.reason}", _place(record.address, record.port))
    if isinstance(record, Bind):
        return Face("bind", record.transport, _place(record.address, record.port))
    if isinstance(record, DnsQuery):
        return Face("dns_query", f"{record.outcome} {record.reason}", f"{record.name} {record.qtype}")
    if isinstance(record, Flow):
        answered = "answered" if record.bytes_in else "unanswered"
        what = f"{record.phase} {record.protocol} {record.reason} {answered}"
        return Face("flow", what, _place(record.host, record.port))
    if isinstance(record, HttpRequest):
        # By path, so that a flood of one request leaves room for another to the same host.
        what = f"{record.method} {'unanswered' if record.status is None else record.status // 100} {record.reason}"
        return Face("http_request", what, f"{_place(record.host, record.port)}{record.path}")
    if isinstance(record, FileChange):
        return Face("file_change", f"{record.change} {record.kind}", posixpath.dirname(record.path) or "/")
    if isinstance(record, Denied):
        place = record.path or (_place(record.address, record.port or 0) if record.address else record.exe)
        return Face("denied", " ".join(sorted(record.blockers)), place)
    if isinstance(record, Gap):
        return Face("gap", record.what, "")
    return None


def words_of(record: Observation) -> list[str]:
    """Return the content by which one observation of a flood differs from another."""
    if isinstance(record, ProcessStart):
        return [record.exe, *record.argv]
    if isinstance(record, Connect | Bind):
        return [record.family, record.address, str(record.port)]
    if isinstance(record, DnsQuery):
        return [record.name, record.qtype, *record.answers]
    if isinstance(record, Flow):
        return [record.host, str(record.port), record.method or "", record.path or "", *record.marks]
    if isinstance(record, HttpRequest):
        return [record.method, record.host, str(record.port), record.path, *record.query, *record.fields, record.body or ""]
    if isinstance(record, FileChange):
        return [record.path, record.sha256 or "", *record.flags]
    if isinstance(record, ProcessExit):
        return [str(record.status)]
    if isinstance(record, Denied):
        return [record.exe, record.path or "", record.address or "", str(record.port or 0)]
    return [record.what] if isinstance(record, Gap) else []


def _place(host: str, port: int) -> str:
    return f"{host}:{port}" if port else host
