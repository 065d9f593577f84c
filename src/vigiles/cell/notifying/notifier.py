"""The notifier: one process per cell that answers the kernel's seccomp notifications and knows whose each one is.

Each call has its own listener, inherited by whatever the call spawns and impossible to shed, so the listener that speaks
names the call. ``execve`` and ``bind`` are reported and go on. ``connect`` inside the cell goes on, for the namespace is
what confines it; a connect to the door or to the outside is never left to the kernel: the notifier copies the address
once, connects the caller's own socket itself, and tells the door whose it is, or refuses.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import select
import signal
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import NoReturn

import msgspec

from vigiles.cell import messages, quarters, wire
from vigiles.cell.door import messages as door
from vigiles.cell.messages import CallOver, FromNotifier, Tag
from vigiles.cell.notifying import calls, connecting
from vigiles.cell.notifying.images import Images
from vigiles.cell.notifying.owners import Owner, Owners
from vigiles.cell.spec import CellSpec
from vigiles.kernel import listener, privileges
from vigiles.kernel.syscall import number
from vigiles.model.observation.sensor import Gap

_FLUSH_AT = 64
#: Questions of the door that may wait; the door asks about no more connections and datagrams at once than these.
_MAX_QUESTIONS = 1024


Handler = Callable[[int, listener.Notification, calls.Known], FromNotifier | None]


class Notifier:
    """State of a running notifier."""

    def __init__(
        self, cell: CellSpec, init: int, supervisor: socket.socket, tags: socket.socket, ports: socket.socket
    ) -> None:
        self._supervisor = supervisor
        self._tags = tags
        self._ports = ports
        self._calls = self._table(cell, init)
        self._owners = Owners(init, self._calls)
        self._connecting = self._network(cell)
        self._hearing = True
        self._images = Images(self._calls)
        self._out: list[FromNotifier] = []
        self._questions: deque[door.WhoIs] = deque()
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {
            number("connect"): self._connecting.connect,
            number("bind"): self._connecting.bind,
            number("execve"): self._images.execve,
            number("execveat"): self._images.execveat,
        }

    def _table(self, cell: CellSpec, init: int) -> calls.Calls:
        return calls.Calls(cell)

    def _network(self, cell: CellSpec) -> connecting.Connecting:
        return connecting.Connecting(cell, self._calls, self._owners, self._ports, self._from_door)

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
        supervisor, tags, ports = (sock.fileno() for sock in (self._supervisor, self._tags, self._ports))
        for fd in (supervisor, tags, ports):
            self._epoll.register(fd, select.EPOLLIN)
        while True:
            wait = 0 if self._questions else self._images.wait()
            ready = [fd for fd, _ in self._epoll.poll(wait)]
            if supervisor in ready:  # orders come before everything that they might stop
                self._order()
            for fd in ready:
                if fd in self._calls.by_listener:
                    self._notification(fd)
                elif fd == tags:
                    self._listener()
                elif fd == ports:
                    self._from_door()
            if self._questions:  # one at a time: a look-up is slow, and stopped programs wait
                self._who_is(self._questions.popleft())
            if self._out or self._images.wait() == 0:
                self._flush()

    def _listener(self) -> None:
        """Take a new call's listener and tag."""
        try:
            message, (fd, uts) = wire.receive(self._tags, messages.listener)
        except (wire.Closed, ConnectionError):
            self._leave()
        listener.wake_synchronously(fd)
        known = self._calls.add(message.call, fd, uts, message.keeper, message.group)
        self._epoll.register(fd, select.EPOLLIN)
        self._out.append(Tag(call=message.call, uts=known.uts))

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
        record: FromNotifier | None
        try:
            record = handler(fd, notification, call)
        except Exception:
            # A case that we did not think of ends this one system call, never the answers to everybody else's.
            record = self._refused(fd, notification, call)
        if record is not None:
            self._out.append(record)
            if len(self._out) >= _FLUSH_AT:
                self._flush()

    def _refused(self, fd: int, notification: listener.Notification, call: calls.Known) -> Gap:
        """Refuse what we failed to handle, unless it has been answered, and say that it was not seen."""
        try:
            listener.answer(fd, notification, errno.EACCES)
        except OSError:
            pass
        return self._calls.gap("notification", call)

    def _alive(self, fd: int) -> bool:
        """Say whether anybody is left under this listener: it hangs up when the last one ends."""
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def _gone(self, fd: int, call: calls.Known) -> None:
        self._epoll.unregister(fd)
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
                    self._epoll.unregister(self._ports)
                return
            try:
                word = door.decode_to_notifier(data)
            except msgspec.DecodeError:
                self._out.append(self._calls.gap("door_message", None))
                continue
            if isinstance(word, door.Reachable):
                self._connecting.reachable[word.address] = word.name
            elif len(self._questions) < _MAX_QUESTIONS:
                self._questions.append(word)
            else:
                self._reply(word, Owner())

    def _who_is(self, question: door.WhoIs) -> None:
        try:
            answer = self._owners.of_socket(
                question.transport,
                question.family,
                question.source_address,
                question.source_port,
                question.door_port,
            )
        except Exception:
            answer = Owner()
            self._out.append(self._calls.gap("who_is", None))
        self._reply(question, answer)

    def _reply(self, question: door.WhoIs, answer: Owner) -> None:
        reply = door.ItIs(token=question.token, call=answer.call, pid=answer.pid, methods=answer.methods)
        try:
            self._ports.send(door.encode(reply))
        except OSError:
            pass  # the door is gone; its supervisor hears of that

    def _order(self) -> None:
        try:
            order, _ = wire.receive(self._supervisor, messages.to_notifier)
        except (wire.Closed, ConnectionError):
            self._leave()
        self._connecting.halt(order.on, order.call)

    def _leave(self) -> NoReturn:
        """End with the cell, when what was seen is told."""
        self._flush()
        os._exit(0)

    def _flush(self) -> None:
        try:
            wire.send(self._supervisor, [*self._images.take(), *self._out])
        except OSError:
            os._exit(0)
        self._out = []


def run(
    cell: CellSpec,
    init: int,
    supervisor: socket.socket,
    tags: socket.socket,
    ports: socket.socket,
    ways: Sequence[str] = (),
) -> NoReturn:
    """Serve one cell; never returns. ``ways``: into this process's control groups."""
    privileges.die_with_parent()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # A listener and a tag for each call of an episode, and a caller's socket now and then.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        quarters.enter([os.open(way, os.O_WRONLY | os.O_CLOEXEC) for way in ways])
        notifier = Notifier(cell, init, supervisor, tags, ports)
        notifier.rehearse()
        notifier.serve()
    except (OSError, msgspec.DecodeError) as error:
        os.write(2, f"vigiles notifier: {error}\n".encode())
    os._exit(1)
