"""The loopback device of a fresh network namespace. Source: netdevice(7)."""

from __future__ import annotations

import fcntl
import socket
import struct

from vigiles.kernel import rtnetlink

#: The kernel gives the loopback device this index in every namespace; a name can be changed, an index cannot.
INDEX = 1
SECOND = "127.0.0.2"
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def bring_up() -> None:
    """Set ``lo`` up. Raises OSError without CAP_NET_ADMIN in the namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(probe, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def add_second() -> None:
    """Give ``lo`` a second address, 127.0.0.2. Raises OSError without CAP_NET_ADMIN in the namespace.

    The C library takes a machine that has 127.0.0.1 alone for one without IPv4, and finds no name for whoever asks for IPv4
    addresses if the machine has it (AI_ADDRCONFIG, getaddrinfo(3)).
    """
    rtnetlink.add_address("lo", SECOND, 32)


def interfaces() -> list[str]:
    """Return the names of the interfaces in this namespace."""
    return [name for _, name in socket.if_nameindex()]
