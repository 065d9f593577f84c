"""Ways out to a network."""

from __future__ import annotations

import errno
import select
import socket
from functools import partial

from vigiles.cell.attempt import Attempt, NotStopped
from vigiles.cell.attempts.deeds import make_socket

#: TEST-NET-3 (RFC 5737) and the discard port: routed nowhere, so a missing wall harms nobody.
OUTSIDE = ("203.0.113.1", 9)

_IPPROTO_MPTCP = 262
_MSG_FASTOPEN, _TCP_FASTOPEN_CONNECT, _TCP_ULP = 0x2000_0000, 30, 31
_AF_VSOCK, _AF_ALG = 40, 38
_NETLINK_SOCK_DIAG, _NETLINK_CONNECTOR = 4, 11
_UNANSWERED_MS = 200

_EPERM = frozenset({errno.EPERM})
_NO_FAMILY = frozenset({errno.EAFNOSUPPORT})
_NO_PROTOCOL = frozenset({errno.EPROTONOSUPPORT})
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EACCES, errno.EPERM})


def _tcp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        _connected(sock, sock.connect_ex(OUTSIDE))


def _tcp6() -> None:
    try:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:  # a kernel without IPv6
            raise OSError(errno.ENETUNREACH, "no IPv6") from error
        raise
    with sock:
        sock.setblocking(False)
        _connected(sock, sock.connect_ex(("2001:db8::1", OUTSIDE[1])))


def _connected(sock: socket.socket, error: int) -> None:
    """Raise the wall's refusal. A socket that was led to the door on loopback did not get out: it counts as refused."""
    if error == errno.EINPROGRESS:
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        if not poll.poll(_UNANSWERED_MS):
            raise NotStopped("a packet left")
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, "connect")
    peer = sock.getpeername()[0]
    if peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        raise OSError(errno.EACCES, "led to the door")
    raise NotStopped("connected")


def _udp(flags: int = 0) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", flags, OUTSIDE)


def _fast_open(message: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        if message:
            sock.sendmsg([b"x"], [], _MSG_FASTOPEN, OUTSIDE)
        else:
            sock.sendto(b"x", _MSG_FASTOPEN, OUTSIDE)


def _tcp_option(option: int, value: int | bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


def _netlink(protocol: int) -> None:
    make_socket(socket.AF_NETLINK, socket.SOCK_DGRAM, protocol)


def _devices() -> None:
    others = [name for _, name in socket.if_nameindex() if name != "lo"]
    if others:
        raise NotStopped(f"{len(others)} more than lo")
    raise OSError(errno.ENETUNREACH, "only lo")


NETWORK = (
    Attempt("TCP connect outside", _tcp, _NO_ROUTE),
    Attempt("TCP connect outside over IPv6", _tcp6, _NO_ROUTE | {errno.EADDRNOTAVAIL}),
    Attempt("UDP send outside", _udp, _NO_ROUTE),
    Attempt("UDP send outside past the routes", partial(_udp, socket.MSG_DONTROUTE), _NO_ROUTE),
    Attempt("network devices", _devices, _NO_ROUTE),
    Attempt("MPTCP socket", partial(make_socket, socket.AF_INET, socket.SOCK_STREAM, _IPPROTO_MPTCP), _NO_PROTOCOL),
    Attempt("TCP Fast Open by sendto", partial(_fast_open, False), frozenset({errno.EOPNOTSUPP})),
    Attempt("TCP Fast Open by sendmsg", partial(_fast_open, True), frozenset({errno.EOPNOTSUPP})),
    Attempt("TCP_FASTOPEN_CONNECT", partial(_tcp_option, _TCP_FASTOPEN_CONNECT, 1), frozenset({errno.ENOPROTOOPT})),
    Attempt("TCP upper layer protocol", partial(_tcp_option, _TCP_ULP, b"tls"), frozenset({errno.ENOPROTOOPT})),
    Attempt("raw socket", partial(make_socket, socket.AF_INET, socket.SOCK_RAW, 1), _EPERM),
    Attempt("ping socket", partial(make_socket, socket.AF_INET, socket.SOCK_DGRAM, 1), _NO_PROTOCOL),
    Attempt("packet socket", partial(make_socket, socket.AF_PACKET, socket.SOCK_RAW), _NO_FAMILY),
    Attempt("vsock socket", partial(make_socket, _AF_VSOCK, socket.SOCK_STREAM), _NO_FAMILY),
    Attempt("kernel crypto socket", partial(make_socket, _AF_ALG, socket.SOCK_SEQPACKET), _NO_FAMILY),
    Attempt("netlink connector", partial(_netlink, _NETLINK_CONNECTOR), _NO_PROTOCOL),
    Attempt("netlink socket table", partial(_netlink, _NETLINK_SOCK_DIAG), _NO_PROTOCOL),
)
