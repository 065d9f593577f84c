"""TCP Fast Open: sendto, sendmsg and a socket option that connect without connect(2), over TCP and MPTCP."""

import socket
import struct

import say
import twins

MSG_FASTOPEN, TCP_FASTOPEN_CONNECT, IPPROTO_MPTCP = 0x20000000, 30, 262
TWO_SECONDS = struct.pack("ll", 2, 0)


def by_sendto(sock, token, to):
    sock.sendto(token, MSG_FASTOPEN, to)


def by_sendmsg(sock, token, to):
    sock.sendmsg([token], [], MSG_FASTOPEN, to)


def by_option(sock, token, to):
    sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    sock.connect(to)
    sock.send(token)


def attack(given):
    to, through, errors = (given["outside"], int(given["echo"])), [], []
    for protocol in (socket.IPPROTO_TCP, IPPROTO_MPTCP):
        for way in (by_sendto, by_sendmsg, by_option):
            token = f"token-{protocol}-{way.__name__}".encode()
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol) as sock:
                    # The kernel's own time limits: a time limit of Python's would make the socket non-blocking.
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, TWO_SECONDS)
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TWO_SECONDS)
                    way(sock, token, to)
                    if sock.recv(64) == token:
                        through.append(token.decode())
            except OSError as error:
                errors.append(str(error.errno))
    return bool(through), f"through: {through}, errors: {errors}"


def twin(given):
    return twins.loopback()


say.main("fast_open", attack, twin)
