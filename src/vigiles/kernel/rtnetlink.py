"""An interface up, addresses on it: the two rtnetlink requests that we need. Source: netlink(7), rtnetlink(7)."""

from __future__ import annotations

import socket
import struct

from vigiles.kernel import netlink

_RTM_NEWLINK, _RTM_NEWADDR = 16, 20
_IFF_UP = 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2


def link_up(name: str) -> None:
    """Set an interface up. Raises OSError (EPERM without CAP_NET_ADMIN in this network namespace)."""
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(name), _IFF_UP, _IFF_UP)
    _request(_RTM_NEWLINK, 0, body)


def add_address(name: str, address: str, prefix: int) -> None:
    """Add an IPv4 address. On a loopback device the kernel then takes every address of the prefix as its own."""
    packed = socket.inet_aton(address)
    body = struct.pack("=BBBBi", socket.AF_INET, prefix, 0, 0, socket.if_nametoindex(name))
    body += netlink.attribute(_IFA_LOCAL, packed) + netlink.attribute(_IFA_ADDRESS, packed)
    _request(_RTM_NEWADDR, netlink.CREATE | netlink.EXCLUSIVE, body)


def _request(kind: int, flags: int, body: bytes) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as link:
        link.bind((0, 0))
        link.send(netlink.message(kind, flags | netlink.REQUEST | netlink.ACK, 1, body))
        answer = next(netlink.messages(link.recv(65536)), None)
    if answer is None or answer.kind != netlink.ERROR:
        raise OSError("rtnetlink: the kernel gave no answer")
    netlink.check(answer, "rtnetlink")
