"""Raw, packet, ping and netlink sockets: succeeds if one that sends past TCP and UDP, or lists others' sockets, is made."""

import socket

import say
import twins

KINDS = {
    "raw": (socket.AF_INET, socket.SOCK_RAW, 1),
    "ping": (socket.AF_INET, socket.SOCK_DGRAM, 1),
    "packet": (socket.AF_PACKET, socket.SOCK_RAW, 0),
    "sctp": (socket.AF_INET, socket.SOCK_STREAM, 132),
    "sock_diag": (socket.AF_NETLINK, socket.SOCK_DGRAM, 4),
    "audit": (socket.AF_NETLINK, socket.SOCK_RAW, 9),
    "uevent": (socket.AF_NETLINK, socket.SOCK_RAW, 15),
    "crypto": (38, socket.SOCK_SEQPACKET, 0),
}


def attack(given):
    made = []
    for name, arguments in KINDS.items():
        try:
            socket.socket(*arguments).close()
            made.append(name)
        except OSError:
            pass
    return bool(made), f"made: {made}"


def twin(given):
    """Listing one's own interfaces (route netlink) is what node and many others do at start."""
    names = [name for _, name in socket.if_nameindex()]
    return "lo" in names and twins.loopback()[0], f"{names}"


say.main("raw_sockets", attack, twin)
