"""The host that is downloaded from: ``python door_origin.py DESCRIPTOR [CERTIFICATE]`` answers ``GET /N`` with N bytes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading

_BLOCK = memoryview(b"x" * (1 << 20))


def _answer(sock: socket.socket) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        data = sock.recv(65536)
        if not data:
            return
        head += data
    left = int(head.split()[1].rpartition(b"/")[2])
    begin = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left
    if left < 4096:
        begin, left = begin + bytes(_BLOCK[:left]), 0
    sock.sendall(begin)
    while left:
        size = min(left, len(_BLOCK))
        sock.sendall(_BLOCK[:size])
        left -= size


def _serve(sock: socket.socket, context: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(sock, server_side=True) if context else sock as ready:
            _answer(ready)
            ready.shutdown(socket.SHUT_WR) if context is None else ready.unwrap()


def main(descriptor: int, certificate: str | None) -> None:
    """For ever."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    listener = socket.socket(fileno=descriptor)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=_serve, args=(sock, context), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
