"""connect(2), bind(2) and listen(2) without a network namespace: done here with the caller's own socket, or refused.

What may be reached are the cell's own: TCP ports of loopback on which nobody but processes of the cell listens, and Unix
sockets that the cell has bound in folders where it may write. A server gets loopback also where it asks for all addresses.
Where the cell has a network, the door's ports, name servers and addresses that the profile lets a plain connect ask for lead
to the door (:mod:`vigiles.cell.bare.passage`), and never to whoever has such a port or address on the host. All else of the
host and elsewhere, and abstract Unix sockets, are refused. The kernel never goes on with a call that was judged by what its
memory said; the workload itself could not bind or connect TCP by Landlock either.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import stat

from vigiles.cell.bare import owned, passage, places
from vigiles.cell.bare.name_servers import name_servers
from vigiles.cell.bare.paths import Paths, Refused
from vigiles.cell.listeners import DNS_PORT
from vigiles.cell.notifying.calls import Known
from vigiles.cell.notifying.connecting import NAME_CACHE, Connecting, Done, connect_socket
from vigiles.cell.notifying.sockaddr import Address, parse
from vigiles.kernel import listener, processes
from vigiles.kernel.listener import Notification
from vigiles.model.observation.network import Bind, Connect, Transport

_AT_FDCWD = 0xFFFF_FF9C
_BACKLOG = 4096
#: Unix sockets of one cell at a time, as files.
_MOST_BOUND = 256
_REFUSED = Done(errno.EACCES, "refused", "egress_address")


class BareConnecting(Connecting):
    """Handlers for connect, bind and listen. Set up with :meth:`know` before use."""

    def know(self, init: int, paths: Paths) -> None:
        """``init``: the process below which everything of the cell lives."""
        self._init = init
        self._paths = paths
        self._folders = places.writable(self._cell)
        self._name_servers = name_servers()
        #: Sockets that the cell has bound, held open so that their inodes are nobody else's later.
        self._made: dict[tuple[int, int], int] = {}

    def connect(self, fd: int, notification: Notification, call: Known) -> Connect | None:
        """Connect for the caller, or refuse; return what was seen."""
        taken = self._asked(fd, notification)
        if taken is None:
            return None
        sock, raw, address = taken
        with sock:
            if sock.family != socket.AF_UNIX and (address.leaves or self._to_door(address)):
                done, record = self._beyond(sock, address, "tcp", call, notification.pid)
            else:
                try:
                    done = self._unix(sock, raw, notification) if sock.family == socket.AF_UNIX else self._tcp(sock, address)
                except Refused as refused:
                    if refused.error is None:
                        return None
                    missing = refused.error in (errno.ENOENT, errno.ENOTDIR)
                    done = Done(refused.error, "inside") if missing else Done(refused.error, "refused", "egress_address")
                kind: Transport = "unix" if sock.family == socket.AF_UNIX else "tcp"
                record = self._record(call, notification.pid, address, kind, done, second=True)
        listener.answer(fd, notification, done.error)
        return None if address.host == NAME_CACHE else record

    def bind(self, fd: int, notification: Notification, call: Known) -> Bind | None:
        """Bind for the caller, or refuse; return what was bound."""
        taken = self._asked(fd, notification)
        if taken is None:
            return None
        sock, raw, address = taken
        with sock:
            try:
                if sock.family == socket.AF_UNIX:
                    self._bind_unix(sock, raw, notification)
                else:
                    self._bind_tcp(sock, address)
            except Refused as refused:
                if refused.error is not None:
                    listener.answer(fd, notification, refused.error)
                return None
            except OSError as failed:
                listener.answer(fd, notification, failed.errno or errno.EACCES)
                return None
        record = self._bound(call, notification.pid, address, second=True)
        listener.answer(fd, notification, 0)
        return record

    def listen(self, fd: int, notification: Notification, call: Known) -> None:
        """Listen for the caller, on loopback or on a Unix socket only."""
        sock = self._take(notification.pid, notification.args[0] & 0xFFFF_FFFF)
        if isinstance(sock, int):
            listener.answer(fd, notification, sock)
            return
        error = 0
        with sock:
            try:
                if sock.family != socket.AF_UNIX:
                    if sock.getsockname()[1] == 0:  # the kernel would choose a port of all addresses
                        sock.bind(_loopback(sock, None))
                    host, port = sock.getsockname()[:2]
                    if not _is_loopback(host) or owned.listened(self._init, port) == "foreign":
                        raise Refused(errno.EACCES)
                sock.listen(min(notification.args[1] & 0x7FFF_FFFF, _BACKLOG))
            except Refused as refused:
                error = refused.error or errno.EACCES
            except OSError as failed:
                error = failed.errno or errno.EACCES
        listener.answer(fd, notification, error)

    def _asked(self, fd: int, notification: Notification) -> tuple[socket.socket, bytes, Address] | None:
        """Return the caller's socket and the address that it asks for, copied once. None: already answered."""
        raw = self._raw(fd, notification)
        if raw is None:
            return None
        sock = self._take(notification.pid, notification.args[0] & 0xFFFF_FFFF)
        if isinstance(sock, int):
            listener.answer(fd, notification, sock)
            return None
        address = parse(raw)
        fits = {socket.AF_UNIX: ("unix",), socket.AF_INET: ("inet",), socket.AF_INET6: ("inet6",)}.get(sock.family, ())
        ours = sock.type in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
        if not ours or address.family not in fits:
            sock.close()
            listener.answer(fd, notification, errno.EAFNOSUPPORT if ours else errno.EACCES)
            return None
        return sock, raw, address

    # -- TCP -------------------------------------------------------------------------------------------------------

    def _to_door(self, address: Address) -> bool:
        asks_names = self._cell.network and address.port == DNS_PORT and address.host in self._name_servers
        return asks_names or super()._to_door(address)

    def _through(
        self, sock: socket.socket, door_port: int, transport: Transport, call: Known, pid: int, original: Address | None
    ) -> Done:
        """Connect the caller's socket to a port that stands for it alone, and hand the other end to the door."""
        try:
            error, other = passage.through(sock)
        except OSError as failed:
            return Done(failed.errno or errno.ENETDOWN, "refused", "egress_unattributed")
        if other is None:
            return Done(error, "door")
        with other:
            return self._register(sock, door_port, transport, call, pid, original, error, [other.fileno()])

    def _tcp(self, sock: socket.socket, address: Address) -> Done:
        listened = owned.listened(self._init, address.port)
        if listened == "foreign":
            return _REFUSED
        if listened == "nobody":
            return Done(errno.ECONNREFUSED, "inside")  # answered here: by now somebody else might listen
        error = connect_socket(sock, _loopback(sock, address))
        if owned.listened(self._init, address.port) == "foreign":
            sock.shutdown(socket.SHUT_RDWR)
            return _REFUSED
        return Done(error, "inside")

    def _bind_tcp(self, sock: socket.socket, address: Address) -> None:
        if address.leaves:
            raise Refused(errno.EACCES)
        if self._to_door(address):
            raise Refused(errno.EADDRINUSE)  # nobody would ever come there
        if address.port and owned.listened(self._init, address.port) == "foreign":
            raise Refused(errno.EADDRINUSE)  # also where both would share the port (SO_REUSEPORT)
        sock.bind(_loopback(sock, address))

    # -- Unix ------------------------------------------------------------------------------------------------------

    def _unix(self, sock: socket.socket, raw: bytes, notification: Notification) -> Done:
        target = self._paths.open(notification, _AT_FDCWD, _path(raw))
        try:
            info = os.fstat(target)
            if not stat.S_ISSOCK(info.st_mode) or not owned.lies_below(target, self._folders):
                return _REFUSED
            if (info.st_dev, info.st_ino) not in self._made:
                return _REFUSED
            return Done(connect_socket(sock, f"/proc/self/fd/{target}"), "inside")
        finally:
            os.close(target)

    def _bind_unix(self, sock: socket.socket, raw: bytes, notification: Notification) -> None:
        folder, _, name = _path(raw).rpartition(b"/")
        if name in (b"", b".", b".."):
            raise Refused(errno.EADDRINUSE)
        place = folder or (b"/" if raw[2:3] == b"/" else b".")
        parent = self._paths.open(notification, _AT_FDCWD, place)
        try:
            if not owned.lies_below(parent, self._folders):
                raise Refused(errno.EACCES)
            self._make_room()
            before = os.umask(_umask(notification.pid))
            try:
                sock.bind(b"/proc/self/fd/%d/%s" % (parent, name))
            finally:
                os.umask(before)
            held = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
            info = os.fstat(held)
            if not stat.S_ISSOCK(info.st_mode) or (info.st_dev, info.st_ino) in self._made:
                os.close(held)
                return
            self._made[info.st_dev, info.st_ino] = held
        finally:
            os.close(parent)

    def _make_room(self) -> None:
        """Let go of sockets that have been removed. Raises :class:`Refused` when the cell has too many."""
        if len(self._made) < _MOST_BOUND:
            return
        for inode, held in list(self._made.items()):
            if os.fstat(held).st_nlink == 0:
                os.close(held)
                del self._made[inode]
        if len(self._made) >= _MOST_BOUND:
            raise Refused(errno.ENOBUFS)


def _path(raw: bytes) -> bytes:
    """Return the path of a Unix address. Raises :class:`Refused` for an abstract one, which the whole host could see."""
    path = raw[2:].split(b"\0", 1)[0]
    if not path:
        raise Refused(errno.EACCES)
    return path


def _loopback(sock: socket.socket, address: Address | None) -> tuple[str, int]:
    """Return where on loopback this socket is to go: where it asks, or for no address in particular the usual one."""
    port = address.port if address is not None else 0
    ip = ipaddress.ip_address(address.host) if address is not None else None
    if sock.family == socket.AF_INET:
        return ("127.0.0.1" if ip is None or ip.is_unspecified else str(ip)), port
    if ip is not None and not ip.is_unspecified:
        return (str(ip) if ip.version == 6 else f"::ffff:{ip}"), port
    mapped = (ip is not None and ip.version == 4) or not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    return ("::ffff:127.0.0.1" if mapped else "::1"), port


def _is_loopback(host: str) -> bool:
    ip = ipaddress.ip_address(host)
    four = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (four or ip).is_loopback


def _umask(pid: int) -> int:
    with open(f"/proc/{processes.leader(pid)}/status", "rb") as file:
        for line in file:
            if line.startswith(b"Umask:"):
                return int(line[6:], 8)
    return 0o077
