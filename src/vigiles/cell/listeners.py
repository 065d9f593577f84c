"""The door's listening sockets: they live in the cell's network namespace, the door that holds them lives outside."""

from __future__ import annotations

import socket

import msgspec

PROXY_PORT, TRANSPARENT_PORT, DNS_PORT = 3128, 3129, 53
_BACKLOG = 4096

#: In the order in which descriptors travel.
NAMES = ("proxy", "transparent4", "transparent6", "dns_udp", "dns_tcp")


class Listening(msgspec.Struct, frozen=True):
    """The five sockets of one door; ``transparent6`` is missing where the kernel has no IPv6."""

    proxy: socket.socket
    transparent: list[socket.socket]
    dns_udp: socket.socket
    dns_tcp: socket.socket


def make(*, anywhere: bool = False) -> list[socket.socket]:
    """Make the sockets in this network namespace, in the order of NAMES. Raises OSError.

    ``anywhere``: at ports that are free, where others live in the namespace; whoever is to come has to be led to them.
    """
    proxy, transparent, dns = (0, 0, 0) if anywhere else (PROXY_PORT, TRANSPARENT_PORT, DNS_PORT)
    made = [_tcp("127.0.0.1", proxy), _tcp("127.0.0.1", transparent), _tcp("::1", transparent)]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", dns))
    return [*made, udp, _tcp("127.0.0.1", dns)]


def adopt(descriptors: list[int]) -> Listening:
    """Return the sockets of received descriptors, in the order of NAMES."""
    proxy, four, six, udp, tcp = (socket.socket(fileno=fd) for fd in descriptors)
    return Listening(proxy=proxy, transparent=[four, six], dns_udp=udp, dns_tcp=tcp)


def _tcp(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen(_BACKLOG)
    return sock
