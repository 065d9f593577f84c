"""All egress of a network namespace that is not ours led to a door in it, and whatever is not led there dropped.

For a container that runs already: its namespace has interfaces and routes, so its packets are turned round on their way out.
TCP goes to the door's transparent port, DNS over IPv4 to its DNS port; the kernel remembers where a connection was meant
to go. What else would leave by another device than ``lo``, or comes in by one, is dropped, also what goes on of connections
that were there before. Packet sockets do not pass these hooks, so each device drops by itself too.

The tables outlive whoever made them: without its door the namespace has no way out. :func:`lift` takes them away. Source:
nft(8), the kernel's include/uapi/linux/netfilter/nf_tables.h, linux/netfilter_ipv4.h for SO_ORIGINAL_DST.
"""

from __future__ import annotations

import errno
import socket
import struct
from typing import NamedTuple

from vigiles.kernel import netlink, nftables

TABLE = b"vigiles_attach"
_NETDEV, _IPV4, _IPV6 = 5, 2, 10
_TCP, _UDP, _DNS = 6, 17, 53
_INPUT, _OUTPUT, _POSTROUTING, _EGRESS = 1, 3, 4, 1
#: After the kernel has looked up a connection (-200), before anybody else's redirections (-100).
_EARLY = -150
_META_NFPROTO, _META_L4PROTO = 15, 16
_NETWORK_HEADER, _TRANSPORT_HEADER = 1, 2
#: A container engine's own resolver listens here, inside the namespace, and asks the outside from without.
_ENGINE_RESOLVER = bytes([127, 0, 0, 11])
_SO_ORIGINAL_DST = 80


class Ports(NamedTuple):
    """The door's ports on ``lo``: transparent for each family (``six`` 0: there is none), DNS for each carrier."""

    four: int
    six: int
    dns_udp: int
    dns_tcp: int


def lead(ports: Ports, devices: list[str]) -> None:
    """Lead this network namespace's egress to the door at ``ports``; in one step, in the place of earlier tables of ours.

    ``devices``: names of the devices that are not ``lo``. Raises OSError: EPERM, or EOPNOTSUPP and the like where the kernel
    has no nftables with nat, or none on devices (5.16).
    """
    made, steps = _tables(remake=True)
    for name, kind, hook, priority, policy in (
        (b"redirect", b"nat", _OUTPUT, _EARLY, nftables.ACCEPT),
        (b"leave", b"filter", _POSTROUTING, 0, nftables.DROP),
        (b"enter", b"filter", _INPUT, 0, nftables.DROP),
    ):
        made.append((nftables.NEW_CHAIN, netlink.CREATE, nftables.INET, _chain(name, kind, hook, priority, policy)))
        steps.append(f"chain {name.decode()}")
    for number, rule in enumerate(_rules(ports)):
        made.append((nftables.NEW_RULE, netlink.CREATE | netlink.APPEND, nftables.INET, rule))
        steps.append(f"rule {number}")
    for number, device in enumerate(devices):
        # A device's way out comes after routing and after whatever builds packets of its own.
        chain = _chain(b"device%d" % number, b"filter", _EGRESS, 0, nftables.DROP, device.encode() + b"\0")
        made.append((nftables.NEW_CHAIN, netlink.CREATE, _NETDEV, chain))
        steps.append(f"chain at {device}")
    _transact(made, steps)


def lift() -> bool:
    """Take the tables out of this network namespace; return whether there were any. Raises OSError."""
    made, steps = _tables(remake=False)
    try:
        _transact(made, steps)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return True


def original_destination(sock: socket.socket) -> tuple[str, int] | None:
    """Return where a connection that was led to us was meant to go; None if it was meant for us, or nobody knows."""
    six = sock.family == socket.AF_INET6
    try:
        raw = sock.getsockopt(socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP, _SO_ORIGINAL_DST, 28 if six else 16)
    except OSError:
        return None
    (port,) = struct.unpack_from("!H", raw, 2)
    address = socket.inet_ntop(sock.family, raw[8:24] if six else raw[4:8])
    return None if (address, port) == sock.getsockname()[:2] else (address, port)


def _rules(ports: Ports) -> list[bytes]:
    """Return the rules, in the order in which a packet meets them."""
    loopback, accept = nftables.over_loopback, nftables.verdict(nftables.ACCEPT)
    four, six = _holds(_META_NFPROTO, _IPV4), _holds(_META_NFPROTO, _IPV6)
    tcp, udp = _holds(_META_L4PROTO, _TCP), _holds(_META_L4PROTO, _UDP)
    dns = (_load(_TRANSPORT_HEADER, 2, 2), nftables.equals(struct.pack("!H", _DNS)))
    engine = (_load(_NETWORK_HEADER, 16, 4), nftables.equals(_ENGINE_RESOLVER))

    def to(port: int) -> tuple[bytes, bytes]:
        given = netlink.nested(2, netlink.attribute(1, struct.pack("!H", port)))
        register = netlink.attribute(1, nftables.big(nftables.REGISTER_1))
        load = nftables.expression(b"immediate", register, given)
        return load, nftables.expression(b"redir", register)

    redirect = [
        (*four, *udp, *dns, *to(ports.dns_udp)),
        (*four, *tcp, *dns, *to(ports.dns_tcp)),
        (*loopback(nftables.META_OIF), accept),
        (*four, *tcp, *to(ports.four)),
    ]
    if ports.six:
        redirect.append((*six, *tcp, *to(ports.six)))
    leave = [
        (*four, *engine, nftables.verdict(nftables.DROP)),
        (*loopback(nftables.META_OIF), accept),
    ]
    enter = [(*loopback(nftables.META_IIF), accept)]
    chains = ((b"redirect", redirect), (b"leave", leave), (b"enter", enter))
    return [nftables.rule(TABLE, chain, *parts) for chain, rules in chains for parts in rules]


def _holds(key: int, value: int) -> tuple[bytes, bytes]:
    return nftables.meta(key), nftables.equals(bytes([value]))


def _load(header: int, offset: int, length: int) -> bytes:
    numbers = (nftables.REGISTER_1, header, offset, length)
    return nftables.expression(b"payload", *(netlink.attribute(at, nftables.big(n)) for at, n in enumerate(numbers, 1)))


_Step = tuple[int, int, int, bytes]


def _tables(*, remake: bool) -> tuple[list[_Step], list[str]]:
    """Return the steps that remove our tables; ``remake``: whether they are there or not, and make empty ones."""
    name = netlink.attribute(1, TABLE + b"\0")
    made: list[_Step] = []
    for family in (nftables.INET, _NETDEV):
        if remake:
            made.append((nftables.NEW_TABLE, netlink.CREATE, family, name))
        made.append((nftables.DELETE_TABLE, 0, family, name))
        if remake:
            made.append((nftables.NEW_TABLE, netlink.CREATE, family, name))
    return made, ["table"] * len(made)


def _chain(name: bytes, kind: bytes, hook: int, priority: int, policy: int, device: bytes = b"") -> bytes:
    place = [netlink.attribute(1, nftables.big(hook)), netlink.attribute(2, struct.pack("!i", priority))]
    if device:
        place.append(netlink.attribute(3, device))
    return b"".join(
        [
            netlink.attribute(1, TABLE + b"\0"),
            netlink.attribute(3, name + b"\0"),
            netlink.nested(4, *place),
            netlink.attribute(5, nftables.big(policy)),
            netlink.attribute(7, kind + b"\0"),
        ]
    )


def _transact(made: list[_Step], steps: list[str]) -> None:
    last = len(made)
    parts = [nftables.begin()]
    for sequence, (kind, flags, family, attributes) in enumerate(made, 1):
        asks = netlink.ACK if sequence == last else 0
        parts.append(nftables.message(kind, flags | asks, sequence, family, attributes))
    nftables.transact(b"".join([*parts, nftables.end(last + 1)]), ["start of the batch", *steps, "end of the batch"])
