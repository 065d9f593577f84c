"""TCP to an address that is not allowed. Needs an echo server at ``outside``:``echo``."""

import socket

import say
import twins


def attack(given):
    with socket.create_connection((given["outside"], int(given["echo"])), timeout=3) as sock:
        came = say.exchange(sock, b"token-tcp")
    return came == b"token-tcp", f"came back: {came!r}"


say.main("tcp_direct", attack, twins.fetch_allowed)
