"""Bytes of the ring buffer -> records. The layout is that of ``struct event`` in ``attribution.bpf.c``."""

from __future__ import annotations

import ipaddress
import struct
from typing import Literal, get_args

import msgspec

from vigiles.model.errors import VigilesError
from vigiles.model.plain import text

Kind = Literal["fork", "exec", "exit", "socket", "connect", "send"]

_KINDS: tuple[Kind, ...] = get_args(Kind)
_HEAD = struct.Struct("=4I6Q16si4HI16s")
_NAME = 256
#: Bytes of an event, and of one that carries a file name.
SIZE, EXEC_SIZE = _HEAD.size, _HEAD.size + _NAME


class EventInvalid(VigilesError):
    """Bytes that no program of ours wrote: object and package are not from the same version."""

    def __init__(self, why: str) -> None:
        super().__init__(f"an event of the BPF programs cannot be read: {why}", "install vigiles again, in one piece")


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one program saw.

    ``token``, ``cgroup``: whose the new process (fork), the process (exec, exit) or the socket is. ``task_token``,
    ``task_cgroup``: the task that acted: the parent (fork), the process itself (exec, exit), the one that makes, connects or
    sends. A token is 0 where no named directory is at or above; the cgroup is the id of the named directory, else the own.

    ``pid``, ``ppid``, ``comm``, ``started_ns``: the new process (fork), else the acting one, as the first pid namespace
    counts (processes, not threads); ``started_ns`` is nanoseconds since boot, sleep included. ``creator``: process that
    forked, or that made the socket; 0 if it was made unseen. ``time_ns``: CLOCK_MONOTONIC.

    ``exit_code``: the status as wait(2) has it; a process ends once, with its last thread. ``filename``: what exec was
    given, its first 255 bytes; ``truncated`` if there may be more. ``family``, ``type``, ``protocol``: of the socket; a
    multipath one shows protocol 262. ``address``, ``port``: the destination; an IPv4 address in IPv6 form is shown as
    IPv4. Names and file names are the agent's text.
    """

    kind: Kind
    time_ns: int
    token: int
    cgroup: int
    task_token: int
    task_cgroup: int
    pid: int
    ppid: int
    started_ns: int
    creator: int
    comm: str
    filename: str = ""
    truncated: bool = False
    exit_code: int = 0
    family: int = 0
    type: int = 0
    protocol: int = 0
    address: str = ""
    port: int = 0


def decode(data: bytes) -> Event:
    """Return the record in ``data``. Raises :class:`EventInvalid`, and nothing else."""
    if len(data) not in (SIZE, EXEC_SIZE):
        raise EventInvalid(f"{len(data)} bytes")
    kind, pid, ppid, creator, time_ns, started_ns, token, cgroup, task_token, task_cgroup, *rest = _HEAD.unpack_from(data)
    comm, exit_code, family, socket_type, protocol, port, version, raw = rest
    if not 1 <= kind <= len(_KINDS):
        raise EventInvalid(f"kind {kind}")
    if (len(data) == EXEC_SIZE) != (_KINDS[kind - 1] == "exec"):
        raise EventInvalid(f"{len(data)} bytes of kind {_KINDS[kind - 1]}")
    if version not in (0, 4, 6):
        raise EventInvalid(f"IP version {version}")
    name = data[_HEAD.size :].partition(b"\0")[0]
    return Event(
        kind=_KINDS[kind - 1],
        time_ns=time_ns,
        token=token,
        cgroup=cgroup,
        task_token=task_token,
        task_cgroup=task_cgroup,
        pid=pid,
        ppid=ppid,
        started_ns=started_ns,
        creator=creator,
        comm=text(comm.partition(b"\0")[0]),
        filename=text(name),
        truncated=len(name) >= _NAME - 1,
        exit_code=exit_code,
        family=family,
        type=socket_type,
        protocol=protocol,
        address=_address(version, raw),
        port=port,
    )


def _address(version: int, raw: bytes) -> str:
    if version == 0:
        return ""
    if version == 4:
        return str(ipaddress.IPv4Address(raw[:4]))
    six = ipaddress.IPv6Address(raw)
    return str(six.ipv4_mapped or six)
