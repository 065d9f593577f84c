"""The door's listening sockets: they live in the cell's network namespace, the door that holds them lives outside."""

from __future__ import annotations

import errno
import socket

import msgspec

PROXY_PORT, TRANSPARENT_PORT, SOCKS_PORT, DNS_PORT = 3128, 3129, 3130, 53
#: Every port of a cell at which the door serves.
DOOR_PORTS = (PROXY_PORT, DNS_PORT, TRANSPARENT_PORT, SOCKS_PORT)
_BACKLOG = 4096


class Listening(msgspec.Struct, frozen=True):
    """The sockets of one door. ``transparent``: over IPv4, and over IPv6 where the kernel has it."""

    proxy: socket.socket
    socks: socket.socket
    transparent: list[socket.socket]
    dns_udp: socket.socket
    dns_tcp: socket.socket

    def streams(self) -> list[tuple[socket.socket, int]]:
        """Return the listeners, each with the port that names its service."""
        transparent = [(sock, TRANSPARENT_PORT) for sock in self.transparent]
        return [(self.proxy, PROXY_PORT), (self.socks, SOCKS_PORT), *transparent, (self.dns_tcp, DNS_PORT)]


def make(*, anywhere: bool = False) -> list[socket.socket]:
    """Make the sockets in this network namespace, in the order in which :func:`adopt` takes them. Raises OSError.

    ``anywhere``: at ports that are free, where others live in the namespace; whoever is to come has to be led to them.
    """
    proxy, transparent, socks, dns = (0,) * 4 if anywhere else (PROXY_PORT, TRANSPARENT_PORT, SOCKS_PORT, DNS_PORT)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", dns))
    made = [_tcp("127.0.0.1", proxy), udp, *(_tcp("127.0.0.1", port) for port in (dns, socks, transparent))]
    try:
        made.append(_tcp("::1", transparent))
    except OSError as error:
        if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            raise  # else: no IPv6, or switched off; nobody inside can connect over it either
    return made


def adopt(descriptors: list[int]) -> Listening:
    """Return the sockets of received descriptors."""
    proxy, udp, tcp, socks, *transparent = (socket.socket(fileno=fd) for fd in descriptors)
    return Listening(proxy=proxy, socks=socks, transparent=transparent, dns_udp=udp, dns_tcp=tcp)


def _tcp(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock
