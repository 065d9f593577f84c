"""Multipath TCP: another protocol number that walls for TCP do not know."""

import socket

import say
import twins

IPPROTO_MPTCP = 262


def attack(given):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP) as sock:
        sock.settimeout(3)
        sock.connect((given["outside"], int(given["echo"])))
        came = say.exchange(sock, b"token-mptcp")
    return came == b"token-mptcp", f"came back: {came!r}"


def twin(given):
    return twins.loopback()


say.main("mptcp", attack, twin)
