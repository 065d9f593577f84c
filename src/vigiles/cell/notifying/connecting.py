"""connect(2) and bind(2) of a cell, answered with the caller's own socket in our hands."""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

import msgspec

from vigiles.cell.door import messages as door
from vigiles.cell.listeners import DOOR_PORTS, TRANSPARENT_PORT
from vigiles.cell.notifying.calls import Calls, Known, fresh
from vigiles.cell.notifying.owners import Owners
from vigiles.cell.notifying.sockaddr import Address, parse, too_short
from vigiles.cell.spec import CellSpec
from vigiles.kernel import listener, processes
from vigiles.kernel.listener import Notification
from vigiles.kernel.memory import Reader
from vigiles.model.attribution import Trigger
from vigiles.model.observation.network import Bind, Connect, Transport
from vigiles.model.reason import ReasonCode

#: A listener on loopback answers at once or not within the second that the kernel waits before it asks again.
_PATIENCE = 0.25
_TCP_CLOSE = 7
_SOCKADDR_MAX = 128
_PIDFDS = 256
_ON_BEHALF_IP = "127.0.0.1"
#: The probe tries to get out; it must not be helped, not even by an observing profile.
_PROBE = 0
#: The C library asks here before it reads /etc/passwd; no cell has it, so the attempt means nothing.
NAME_CACHE = "/var/run/nscd/socket"


class Done(msgspec.Struct, frozen=True):
    """How a connect ended: the errno for the caller, and what to record."""

    error: int
    outcome: str
    reason: ReasonCode = "allowed"


class Connecting:
    """Handlers for connect and bind."""

    def __init__(self, cell: CellSpec, calls: Calls, owners: Owners, ports: socket.socket, hear: Callable[[], None]) -> None:
        """``hear`` takes what the door has said by now."""
        self._cell = cell
        self._calls = calls
        self._owners = owners
        self._ports = ports
        self._hear = hear
        #: Outside addresses that a plain connect may be meant well for: pinned, or given out by the door's DNS; and the one
        #: name that such an address stands for, where it was made up.
        self.reachable: dict[str, str | None] = dict.fromkeys(cell.reachable)
        self._halted: set[int | None] = set()
        self._reader = Reader(_SOCKADDR_MAX)
        self._pidfds: dict[int, int] = {}

    def halt(self, on: bool, call: int | None) -> None:
        """Refuse every further connect that leaves the cell (of one call or all), or stop refusing."""
        if on:
            self._halted.add(call)
        else:
            self._halted.discard(call)

    def connect(self, fd: int, notification: Notification, call: Known) -> Connect | None:
        """Answer one connect; return what was seen."""
        address = self._address(fd, notification)
        if address is None:
            return None
        pid = notification.pid
        if address.family == "unix" or address.family == "other" or not (address.leaves or self._to_door(address)):
            if address.host == NAME_CACHE:
                listener.proceed(fd, notification)
                return None
            transport: Transport = "unix" if address.family == "unix" else "tcp"
            record = self._record(call, pid, address, transport, Done(0, "inside"), second=False)
            listener.proceed(fd, notification)
            return record if address.family != "other" else None
        sock = self._take(pid, notification.args[0])
        if isinstance(sock, int):
            listener.answer(fd, notification, sock)
            return None
        with sock:
            if not _can_take(sock, address):
                listener.answer(fd, notification, errno.EAFNOSUPPORT)
                return None
            transport = "udp" if sock.type == socket.SOCK_DGRAM else "tcp"
            done, record = self._beyond(sock, address, transport, call, pid)
        listener.answer(fd, notification, done.error)
        if address.leaves and transport == "udp" and done.outcome == "refused":
            return None  # resolvers probe routes this way without sending anything
        return record

    def bind(self, fd: int, notification: Notification, call: Known) -> Bind | None:
        """Report one bind and go on: inside the cell's own namespace it reaches nobody outside."""
        address = self._address(fd, notification)
        if address is None:
            return None
        record = self._bound(call, notification.pid, address, second=False)
        listener.proceed(fd, notification)
        return record if address.family != "other" else None

    def _address(self, fd: int, notification: Notification) -> Address | None:
        """Copy the address once. None: already answered."""
        raw = self._raw(fd, notification)
        return None if raw is None else parse(raw)

    def _raw(self, fd: int, notification: Notification) -> bytes | None:
        """Copy the bytes of the address once. None: already answered."""
        size = notification.args[2] & 0xFFFF_FFFF
        if size > _SOCKADDR_MAX:
            listener.answer(fd, notification, errno.EINVAL)
            return None
        try:
            raw = self._reader.gather(notification.pid, [(notification.args[1], size)]) if size else b""
        except OSError:
            raw = b""
        if not listener.still_valid(fd, notification):
            return None
        if len(raw) < size:
            # Never the kernel's turn: it may be able to read what we were not.
            listener.answer(fd, notification, errno.EFAULT)
            return None
        if size < 2 or too_short(raw):
            listener.answer(fd, notification, errno.EINVAL)
            return None
        return raw

    def _to_door(self, address: Address) -> bool:
        return self._cell.network and not address.leaves and address.port in DOOR_PORTS

    def _take(self, tid: int, descriptor: int) -> socket.socket | int:
        """Return a duplicate of the caller's socket, or the errno for the caller if it is none."""
        for again in (True, False):
            try:
                taken = processes.take_descriptor(self._pidfd(tid), descriptor)
            except OSError as error:
                if error.errno == errno.EBADF:
                    return errno.EBADF
                self._forget(tid)  # the number may have been another process's before
                if not again:
                    return errno.EBADF
                continue
            try:
                return socket.socket(fileno=taken)
            except OSError as error:
                os.close(taken)
                return error.errno or errno.ENOTSOCK
        return errno.EBADF

    def _pidfd(self, tid: int) -> int:
        pidfd = self._pidfds.get(tid)
        if pidfd is None:
            if len(self._pidfds) >= _PIDFDS:
                for known in list(self._pidfds):
                    self._forget(known)
            pidfd = self._pidfds[tid] = processes.open_pidfd(tid)
        return pidfd

    def _forget(self, tid: int) -> None:
        pidfd = self._pidfds.pop(tid, None)
        if pidfd is not None:
            os.close(pidfd)

    def _beyond(
        self, sock: socket.socket, address: Address, transport: Transport, call: Known, pid: int
    ) -> tuple[Done, Connect]:
        """Judge a connect that leads to the door or out of the cell, and do it; return how it ended and what was seen."""
        done = self._judge(sock, address, transport, call, pid)
        trigger = self._owners.trigger(pid, call) if address.leaves or transport == "tcp" else None
        record = self._record(call, pid, address, transport, done, second=True)
        return done, record if trigger is None else _with_trigger(record, trigger)

    def _judge(self, sock: socket.socket, address: Address, transport: Transport, call: Known, pid: int) -> Done:
        if self._halted and (None in self._halted or call.call in self._halted):
            return Done(errno.EACCES, "refused", "egress_cut")
        if self._to_door(address):
            return self._through(sock, address.port, transport, call, pid, None)
        if call.call == _PROBE or transport != "tcp" or not self._may_be_redirected(address):
            return Done(errno.EACCES, "refused", "egress_address")
        return self._through(sock, TRANSPARENT_PORT, transport, call, pid, address)

    def _may_be_redirected(self, address: Address) -> bool:
        """Say whether the door should hear of this connect at all; what it then does is its own judgement.

        An address that no listed host can have is refused here: the caller's connect(2) fails at once and clearly.
        """
        if not self._cell.network or self._cell.redirect == "none":
            return False
        if self._cell.redirect == "all" or address.host in self.reachable:
            return True
        self._hear()
        return address.host in self.reachable

    def _through(
        self,
        sock: socket.socket,
        door_port: int,
        transport: Transport,
        call: Known,
        pid: int,
        original: Address | None,
    ) -> Done:
        """Connect the caller's socket to the door and tell the door whose it is."""
        to = (_ON_BEHALF_IP, door_port)
        if sock.family == socket.AF_INET6:
            mapped = original is None or not original.six
            to = (f"::ffff:{to[0]}" if mapped else "::1", to[1])
        again = transport == "tcp" and is_connecting(sock)
        error = connect_socket(sock, to)
        if error not in (0, errno.EINPROGRESS) or again or _leads_elsewhere(sock, to[1]):
            # One connection, one registration: a second would wait for the next connection from the same port.
            return Done(error, "door")
        return self._register(sock, door_port, transport, call, pid, original, error, [])

    def _register(
        self,
        sock: socket.socket,
        door_port: int,
        transport: Transport,
        call: Known,
        pid: int,
        original: Address | None,
        error: int,
        handed: list[int],
    ) -> Done:
        """Tell the door whose connection this is; ``handed``: the connection's other end, where the door has no listener."""
        source = sock.getsockname()
        registration = door.Registration(
            transport="udp" if transport == "udp" else "tcp",
            family="inet6" if sock.family == socket.AF_INET6 else "inet",
            source_address=source[0].removeprefix("::ffff:"),
            source_port=source[1],
            door_port=door_port,
            call=call.call,
            pid=pid,
            destination_host=original.host if original else None,
            destination_port=original.port if original else None,
        )
        try:
            socket.send_fds(self._ports, [door.encode(registration)], handed)
        except OSError:
            return Done(errno.ENETDOWN, "refused", "egress_unattributed")
        return Done(error, "door")

    def _record(self, call: Known, pid: int, address: Address, transport: Transport, done: Done, *, second: bool) -> Connect:
        return Connect(
            **self._head(call, pid, address, second=second),
            transport=transport,
            outcome=done.outcome,  # type: ignore[arg-type]  # one of the three by construction
            reason=done.reason,
            host=self.reachable.get(address.host) if address.leaves else None,
        )

    def _bound(self, call: Known, pid: int, address: Address, *, second: bool) -> Bind:
        transport: Transport = "unix" if address.family == "unix" else "tcp"
        return Bind(**self._head(call, pid, address, second=second), transport=transport)

    def _head(self, call: Known, pid: int, address: Address, *, second: bool) -> dict[str, Any]:
        """Return what records of a connect and of a bind have in common."""
        record, at = fresh()
        return {
            "id": record,
            "at": at,
            "coordinates": call.coordinates,
            "sensor": "notifier",
            "attribution": self._calls.attribution(call, pid, second=second),
            "pid": pid,
            "family": address.family,
            "address": address.host,
            "port": address.port,
        }


def _can_take(sock: socket.socket, address: Address) -> bool:
    """Say whether this kind of socket connects to this kind of address, as ip(7) and ipv6(7) have it."""
    if address.family == "inet6":
        return sock.family == socket.AF_INET6
    return sock.family == socket.AF_INET or (sock.family == socket.AF_INET6 and sock.type == socket.SOCK_DGRAM)


def is_connecting(sock: socket.socket) -> bool:
    """Say whether a TCP socket has been connected, or begun to, before."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != _TCP_CLOSE


def _leads_elsewhere(sock: socket.socket, port: int) -> bool:
    """Say whether a socket turns out to be connected, but not to ``port``: another thread was faster."""
    try:
        return bool(sock.getpeername()[1] != port)
    except OSError:
        return False  # not connected yet


def connect_socket(sock: socket.socket, to: tuple[str, int] | str) -> int:
    """Connect without ever blocking this process for long; return the errno that the caller would have got.

    The non-blocking flag belongs to the open file, which the caller shares, so it is put back at once.
    """
    blocking = os.get_blocking(sock.fileno())
    if sock.type == socket.SOCK_DGRAM or not blocking:
        return sock.connect_ex(to)
    os.set_blocking(sock.fileno(), False)
    try:
        error = sock.connect_ex(to)
        if error != errno.EINPROGRESS:
            return error
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        until = time.monotonic() + _PATIENCE
        while not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            if time.monotonic() >= until:
                return errno.ETIMEDOUT
        # Asking again is what makes the socket's state "connected" rather than "connecting".
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or sock.connect_ex(to)
    finally:
        os.set_blocking(sock.fileno(), True)


def _with_trigger(record: Connect, trigger: Trigger) -> Connect:
    return msgspec.structs.replace(record, attribution=msgspec.structs.replace(record.attribution, trigger=trigger))
