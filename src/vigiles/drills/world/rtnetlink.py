"""Loopback up, addresses on it: the two rtnetlink requests a world needs. Source: netlink(7), rtnetlink(7)."""

from __future__ import annotations

import os
import socket
import struct

_NLMSG_ERROR = 2
_RTM_NEWLINK, _RTM_NEWADDR = 16, 20
_NLM_F_REQUEST, _NLM_F_ACK, _NLM_F_EXCL, _NLM_F_CREATE = 0x1, 0x4, 0x200, 0x400
_IFF_UP = 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_HEADER = struct.Struct("=IHHII")


def link_up(name: str) -> None:
    """Set an interface up. Raises OSError (EPERM without CAP_NET_ADMIN in this network namespace)."""
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(name), _IFF_UP, _IFF_UP)
    _request(_RTM_NEWLINK, 0, body)


def add_address(name: str, address: str, prefix: int) -> None:
    """Add an IPv4 address. On a loopback device the kernel then takes every address of the prefix as its own."""
    packed = socket.inet_aton(address)
    body = struct.pack("=BBBBi", socket.AF_INET, prefix, 0, 0, socket.if_nametoindex(name))
    for kind in (_IFA_LOCAL, _IFA_ADDRESS):
        body += struct.pack("=HH4s", 8, kind, packed)
    _request(_RTM_NEWADDR, _NLM_F_CREATE | _NLM_F_EXCL, body)


def _request(kind: int, flags: int, body: bytes) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as link:
        link.bind((0, 0))
        link.send(_HEADER.pack(_HEADER.size + len(body), kind, flags | _NLM_F_REQUEST | _NLM_F_ACK, 1, 0) + body)
        answer = link.recv(65536)
    _, reply, _, _, _ = _HEADER.unpack_from(answer)
    (code,) = struct.unpack_from("=i", answer, _HEADER.size)
    if reply != _NLMSG_ERROR or code != 0:
        raise OSError(-code, f"rtnetlink: {os.strerror(-code)}")
