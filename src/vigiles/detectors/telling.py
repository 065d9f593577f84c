"""Which observations a detector may conclude from by themselves, so that no flood of others may swallow them.

A flood is told in numbers (:mod:`vigiles.sensors.flood`), and detectors see what the ledger has. What is here is passed on
one by one at a rate of its own. It may name too much: that costs records, nothing else.
"""

from __future__ import annotations

import posixpath

from vigiles.detectors.denied_rules import SOCKET_WAYS_OUT
from vigiles.detectors.exfiltration import carries_in_requests, carries_names
from vigiles.detectors.metadata_places import credential_file, metadata_service
from vigiles.detectors.reverse_tunnel import SSH_FILES
from vigiles.detectors.ssh_argv import client_name, forward_like
from vigiles.detectors.tool_argv import tunnel_tool
from vigiles.detectors.tunnel_flow import is_ssh, reversed_lead
from vigiles.model.observation.base import Observation
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.observation.files import FileChange
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.network import Connect
from vigiles.model.observation.process import ProcessStart

_ARGUMENTS = 64


def telling(record: Observation) -> bool:
    """Return whether a detector may conclude something from this observation whatever came before it."""
    if record.attribution.disagreement:
        return True
    if isinstance(record, ProcessStart):
        return _start(record)
    if isinstance(record, Connect):
        if record.outcome == "inside":
            return False
        if record.family == "unix":
            return SOCKET_WAYS_OUT.search(record.address) is not None
        return metadata_service(record.host or record.address) is not None or metadata_service(record.address) is not None
    if isinstance(record, Flow):
        return _flow(record)
    if isinstance(record, DnsQuery):
        return metadata_service(record.name) is not None or carries_names(record)
    if isinstance(record, HttpRequest):
        return carries_in_requests(record) or record.method not in ("GET", "HEAD", "POST")
    if isinstance(record, FileChange):
        return any(flag != "build" for flag in record.flags) or SSH_FILES.search(record.path) is not None
    return False


def _start(record: ProcessStart) -> bool:
    if client_name(record.exe, record.argv) or tunnel_tool(record.exe, record.argv) or forward_like(record.argv):
        return True
    program = posixpath.basename(record.exe) or posixpath.basename(record.argv[0] if record.argv else "")
    return any(credential_file(program, word) is not None for word in record.argv[1 : _ARGUMENTS + 1])


def _flow(record: Flow) -> bool:
    foreign = record.protocol in ("ssh", "stratum", "socks") or is_ssh(record)
    if foreign or any(mark.startswith("stratum.") for mark in record.marks) or reversed_lead(record):
        return True
    return any(host and metadata_service(host) for host in (record.host, record.address))
