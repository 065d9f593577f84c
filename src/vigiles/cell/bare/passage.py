"""The way of one connect to the door where cell and host share a network: a listener that stands for this connect only.

A door that listened on the host's loopback could be spoken to, and used up, by every local program. So nobody listens: for
each connect the notifier opens a port, connects the caller's socket to it, takes in what came from that very socket, closes
the port, and hands the other end to the door. Whoever else finds the port in that moment is reset. It cannot be a Unix
socket: what the caller made is a TCP socket, and it must remain one, with its options and its duplicates.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import struct
import time

from vigiles.cell.notifying.connecting import connect_socket, is_connecting

#: How long the other end may take to arrive on loopback.
_PATIENCE_S = 0.25
_BACKLOG = 64
_RESET = struct.pack("ii", 1, 0)


def through(sock: socket.socket) -> tuple[int, socket.socket | None]:
    """Connect a TCP socket to a port of ours; return the caller's errno and the connection's other end.

    No other end: the socket could not be connected, or it had been before. Raises OSError if no port could be opened.
    """
    with _listening(sock) as listening:
        again = is_connecting(sock)
        error = connect_socket(sock, listening.getsockname()[:2])
        if error not in (0, errno.EINPROGRESS) or again:
            return error, None
        other = _arrived(listening, sock)
    if other is None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        return errno.ECONNREFUSED, None
    return error, other


def _listening(sock: socket.socket) -> socket.socket:
    """Open a port of loopback that this socket can be connected to, in the family that it reaches loopback by."""
    six = sock.family == socket.AF_INET6
    mapped = six and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    listening = socket.socket(sock.family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that only ended connections still hold
        if six:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if mapped else 1)
        listening.bind(("::ffff:127.0.0.1" if mapped else "::1" if six else "127.0.0.1", 0))
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _arrived(listening: socket.socket, sock: socket.socket) -> socket.socket | None:
    """Return the other end of ``sock``; reset whoever else has come."""
    poll = select.poll()
    poll.register(listening, select.POLLIN)
    until = time.monotonic() + _PATIENCE_S
    while (left := until - time.monotonic()) > 0:
        try:
            one, source = listening.accept()
        except BlockingIOError:
            poll.poll(left * 1000)
            continue
        except ConnectionError:
            continue
        if source[:2] == sock.getsockname()[:2] and _leads_to(sock, listening):
            return one
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        one.close()
    return None


def _leads_to(sock: socket.socket, listening: socket.socket) -> bool:
    try:
        return bool(sock.getpeername()[:2] == listening.getsockname()[:2])
    except OSError:
        return False  # reset meanwhile
