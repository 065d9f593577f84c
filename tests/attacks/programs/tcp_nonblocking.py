"""The same by a non-blocking connect, and by a second connect on a socket whose first one was refused."""

import select
import socket

import say
import twins


def attack(given):
    sock = socket.socket()
    sock.setblocking(False)
    errors = [sock.connect_ex((given["outside"], int(given["echo"]))) for _ in range(2)]
    select.select([], [sock], [], 2)
    came = say.exchange(sock, b"token-nonblocking")
    return came == b"token-nonblocking", f"errors {errors}, came back: {came!r}"


def twin(given):
    return twins.loopback()


say.main("tcp_nonblocking", attack, twin)
