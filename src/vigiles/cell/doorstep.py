"""Where doors wait until somebody knocks: their sockets are held and watched; the first word begins a door's process.

Most cells of most episodes never speak to the outside, and a door's process costs more than all the rest of a start. Its
sockets stand all the same: what is sent to them meanwhile waits in the kernel. What a door must know (and others must not)
lies in a file in memory that nobody reads before the door does.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable

import msgspec

from vigiles.cell.door.messages import MAX_MESSAGE, Done, Shutdown, decode_from_supervisor, encode

#: Doors that wait at once; a further one is opened at once.
MOST = 256


class Waiting(msgspec.Struct, eq=False):
    """A door that nobody has called yet. ``descriptors``: its end to the supervisor, its end to the notifier, others."""

    descriptors: list[int]
    control: socket.socket
    watched: set[int]


class Doorstep:
    """``launcher``: a descriptor that is watched too. ``open_door`` is called with the descriptors of a door that is wanted,
    after which they are closed here.
    """

    def __init__(self, launcher: int, open_door: Callable[[list[int]], None]) -> None:
        self._launcher = launcher
        self._open_door = open_door
        self._epoll = select.epoll()
        self._epoll.register(launcher, select.EPOLLIN)
        self._doors: dict[int, Waiting] = {}

    def wait(self) -> bool:
        """Return when something has happened, the doors' part of it done; say whether the launcher has spoken."""
        ready = [fd for fd, _ in self._epoll.poll()]
        for fd in ready:
            if fd in self._doors:
                self._heard(fd, self._doors[fd])
        return self._launcher in ready

    def put(self, descriptors: list[int], watched: list[int]) -> bool:
        """Let a door wait for something on ``watched``; return whether it does. Its descriptors are ours then."""
        control = descriptors[0]
        if len(self._doors) > MOST * len(watched):
            return False
        door = Waiting(descriptors, socket.socket(fileno=control), set())
        try:
            for fd in watched:
                self._epoll.register(fd, select.EPOLLIN)
                door.watched.add(fd)
                self._doors[fd] = door
        except OSError:  # no room for more: this one does not wait
            self._forget(door)
            door.control.detach()
            return False
        return True

    def leave(self) -> None:
        """In a forked child: hold nothing of any door that waits."""
        self._epoll.close()
        for door in {id(one): one for one in self._doors.values()}.values():
            self._close(door)

    def _heard(self, fd: int, door: Waiting) -> None:
        first = b"?"
        if fd in door.descriptors[:2]:
            first = self._first(fd)
        if not first and fd != door.control.fileno():
            self._epoll.unregister(fd)  # its notifier is gone: there is nothing to hear from it any more
            door.watched.discard(fd)
            del self._doors[fd]
            return
        self._forget(door)
        if first and not (fd == door.control.fileno() and self._is_over(door, first)):
            self._open_door(door.descriptors)
        self._close(door)

    def _first(self, fd: int) -> bytes:
        """Return the first message without taking it; nothing if the other end is gone."""
        sock = socket.socket(fileno=os.dup(fd))
        with sock:
            try:
                return sock.recv(MAX_MESSAGE, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            except BlockingIOError:
                return b"?"
            except OSError:
                return b""

    def _is_over(self, door: Waiting, first: bytes) -> bool:
        """Say whether the supervisor wants the door's end, and tell it that this is so: there is nothing else to tell."""
        try:
            order = decode_from_supervisor(first)
            if isinstance(order, Shutdown):
                door.control.recv(MAX_MESSAGE)  # what is closed unread resets the other end, and our answer with it
                door.control.send(encode(Done(token=order.token)))
                return True
        except (msgspec.DecodeError, OSError):
            pass  # the door itself says what it makes of it
        return False

    def _forget(self, door: Waiting) -> None:
        for fd in door.watched:
            self._epoll.unregister(fd)
            del self._doors[fd]
        door.watched.clear()

    def _close(self, door: Waiting) -> None:
        door.control.detach()
        for fd in door.descriptors:
            os.close(fd)
