"""In which control group a socket was made, asked of the kernel by the socket's own end.

Source: sock_diag(7), include/uapi/linux/inet_diag.h (INET_DIAG_CGROUP_ID, Linux 5.8). The answer is the group of the task
that made the socket, by the number that a group's directory has; a socket keeps it wherever it is handed to.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from typing import Literal

import msgspec

from vigiles.kernel import netlink

_NETLINK_SOCK_DIAG = 4
_BY_FAMILY = 20
_DUMP = 0x300
_DONE = 3
_BYTECODE, _CGROUP_ID = 1, 21
_GREATER_EQUAL, _LESS_EQUAL = 2, 3
_REQUEST = struct.Struct("=BBBBI")
_ENDS = struct.Struct("!HH16s16s")
_ID_BYTES = 48
_ANSWER_BYTES = 72
_CODE = struct.Struct("=BBH")
_PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}
#: The most of the kernel's answer that is read for one question, datagrams of some hundred sockets each.
_MOST = 64


class Found(msgspec.Struct, frozen=True):
    """One socket: both ends in text form, its inode, the number of its control group (0: the kernel does not tell)."""

    local: tuple[str, int]
    remote: tuple[str, int]
    inode: int
    group: int


def open_link() -> socket.socket:
    """Return a socket for questions about the network namespace that this thread is in now. Raises OSError."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG)


def at_port(link: socket.socket, carrier: Literal["tcp", "udp"], port: int) -> list[Found]:
    """Return the sockets of both families that have this local port. Raises OSError."""
    found = []
    for family in (socket.AF_INET, socket.AF_INET6):
        head = _REQUEST.pack(family, _PROTOCOLS[carrier], 0, 0, 0xFFFF_FFFF) + bytes(_ID_BYTES)
        body = head + netlink.attribute(_BYTECODE, _port_is(port))
        link.send(netlink.message(_BY_FAMILY, netlink.REQUEST | _DUMP, port, body))
        found += _answers(link)
    return found


def _port_is(port: int) -> bytes:
    """Return the filter: local port at least and at most this. A step that does not hold jumps beyond the end."""
    ends = 16
    steps = b""
    for code in (_GREATER_EQUAL, _LESS_EQUAL):
        steps += _CODE.pack(code, 8, ends - len(steps) + 4) + _CODE.pack(0, 0, port)
    return steps


def _answers(link: socket.socket) -> list[Found]:
    found: list[Found] = []
    for _ in range(_MOST):
        for answer in netlink.messages(link.recv(65536)):
            if answer.kind == _DONE:
                return found
            if answer.kind == netlink.ERROR:
                netlink.check(answer, "sock_diag")
                return found
            if len(answer.body) >= _ANSWER_BYTES:
                found.append(_found(answer.body))
    raise OSError(0, "sock_diag: more sockets than can be looked at")


def _found(body: bytes) -> Found:
    size = 16 if body[0] == socket.AF_INET6 else 4
    near, far, local, remote = _ENDS.unpack_from(body, 4)
    (inode,) = struct.unpack_from("=I", body, 68)
    group = 0
    for kind, value in netlink.attributes(body[_ANSWER_BYTES:]):
        if kind == _CGROUP_ID and len(value) == 8:
            (group,) = struct.unpack("=Q", value)
    return Found((_address(local[:size]), near), (_address(remote[:size]), far), inode, group)


def _address(raw: bytes) -> str:
    address = ipaddress.ip_address(raw)
    return str(getattr(address, "ipv4_mapped", None) or address)


def group_id(path: str) -> int:
    """Return the number by which the kernel names a group in its answers: its directory's inode. Raises OSError."""
    return os.stat(path).st_ino
