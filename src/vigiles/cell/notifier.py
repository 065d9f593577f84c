"""The notifier: one process per cell that answers the kernel's seccomp notifications and knows whose each one is.

Each call has its own listener, inherited by whatever the call spawns and impossible to shed, so the listener that speaks
names the call. ``execve`` and ``bind`` are reported and go on. ``connect`` inside the cell goes on, for the namespace is
what confines it; a connect to the door or to the outside is never left to the kernel: the notifier copies the address
once, connects the caller's own socket itself, and tells the door whose it is, or refuses.
"""

from __future__ import annotations

import ctypes
import os
import select
import selectors
import signal
import socket
import struct
from typing import NoReturn

import msgspec

from vigiles.cell import calls, connecting, messages, wire
from vigiles.cell.door import messages as door
from vigiles.cell.images import Images
from vigiles.cell.messages import CallOver, FromNotifier, Tag
from vigiles.cell.owners import Owners
from vigiles.cell.spec import CellSpec
from vigiles.kernel import listener, privileges
from vigiles.kernel.syscall import number

_FLUSH_AT = 64


class Notifier:
    """State of a running notifier."""

    def __init__(
        self, cell: CellSpec, init: int, supervisor: socket.socket, tags: socket.socket, ports: socket.socket
    ) -> None:
        self._supervisor = supervisor
        self._tags = tags
        self._ports = ports
        self._calls = calls.Calls(cell)
        self._owners = Owners(init, self._calls)
        self._connecting = connecting.Connecting(cell, self._calls, self._owners, ports, self._from_door)
        self._hearing = True
        self._images = Images(self._calls)
        self._out: list[FromNotifier] = []
        self._selector = selectors.EpollSelector()
        self._handlers = {
            number("connect"): self._connecting.connect,
            number("bind"): self._connecting.bind,
            number("execve"): self._images.execve,
            number("execveat"): self._images.execveat,
        }

    def rehearse(self) -> None:
        """Go through the motions of one notification on our own memory.

        A fresh fork pays a page fault for everything it touches first; it should pay while init still builds the cell, not
        while the first program waits for its answer.
        """
        word = ctypes.create_string_buffer(b"rehearsal")
        pointers = ctypes.create_string_buffer(struct.pack("PP", ctypes.addressof(word), 0))
        self._images.rehearse(os.getpid(), ctypes.addressof(word), ctypes.addressof(pointers))
        listener.Notification(bytes(80))

    def serve(self) -> NoReturn:
        """Serve until the supervisor's or init's socket closes."""
        selector = self._selector
        for sock in (self._supervisor, self._tags, self._ports):
            selector.register(sock, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if isinstance(key.fileobj, int):
                    self._notification(key.fileobj)
                elif key.fileobj is self._tags:
                    self._listener()
                elif key.fileobj is self._ports:
                    self._from_door()
                else:
                    self._order()
            if self._out:
                self._flush()

    def _listener(self) -> None:
        """Take a new call's listener and tag."""
        try:
            message, (fd, uts) = wire.receive(self._tags, messages.listener)
        except (wire.Closed, ConnectionError):
            os._exit(0)
        listener.wake_synchronously(fd)
        known = self._calls.add(message.call, fd, uts)
        self._selector.register(fd, selectors.EVENT_READ)
        self._out.append(Tag(call=message.call, uts=known.uts, pid=0))

    def _notification(self, fd: int) -> None:
        call = self._calls.by_listener[fd]
        try:
            notification = listener.receive(fd)
        except OSError:
            self._gone(fd, call)
            return
        if notification is None:
            if not self._alive(fd):
                self._gone(fd, call)
            return
        handler = self._handlers.get(notification.nr)
        if handler is None:
            listener.proceed(fd, notification)
            return
        record = handler(fd, notification, call)
        if record is not None:
            self._out.append(record)
            if len(self._out) >= _FLUSH_AT:
                self._flush()

    def _alive(self, fd: int) -> bool:
        """Say whether anybody is left under this listener: it hangs up when the last one ends."""
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def _gone(self, fd: int, call: calls.Known) -> None:
        self._selector.unregister(fd)
        self._calls.drop(fd)
        os.close(fd)
        self._out.append(CallOver(call=call.call))

    def _from_door(self) -> None:
        """Take what the door says, as far as it has said something."""
        while True:
            try:
                data = self._ports.recv(door.MAX_MESSAGE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                if self._hearing:
                    self._hearing = False
                    self._selector.unregister(self._ports)
                return
            word = door.decode_to_notifier(data)
            if isinstance(word, door.Reachable):
                self._connecting.reachable.add(word.address)
            else:
                self._who_is(word)

    def _who_is(self, question: door.WhoIs) -> None:
        answer = self._owners.of_socket(question.transport, question.family, question.source_address, question.source_port)
        reply = door.ItIs(token=question.token, call=answer.call, pid=answer.pid, methods=answer.methods)
        try:
            self._ports.send(door.encode(reply))
        except OSError:
            pass  # the door is gone; its supervisor hears of that

    def _order(self) -> None:
        try:
            order, _ = wire.receive(self._supervisor, messages.to_notifier)
        except (wire.Closed, ConnectionError):
            os._exit(0)
        self._connecting.halt(order.on, order.call)

    def _flush(self) -> None:
        try:
            wire.send(self._supervisor, self._out)
        except OSError:
            os._exit(0)
        self._out = []


def run(cell: CellSpec, init: int, supervisor: socket.socket, tags: socket.socket, ports: socket.socket) -> NoReturn:
    """Serve one cell; never returns."""
    privileges.die_with_parent()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        notifier = Notifier(cell, init, supervisor, tags, ports)
        notifier.rehearse()
        notifier.serve()
    except (OSError, msgspec.DecodeError) as error:
        os.write(2, f"vigiles notifier: {error}\n".encode())
    os._exit(1)
