"""The last steps of a call's first process: from cell init's child to somebody else's program.

Every wall goes up here, in this order: session, tag, capabilities, Landlock, limits, seccomp. Any that cannot be set up
ends the process before a byte of the workload runs. Whatever else goes wrong ends it too: it was forked from init, whose
loop it must never go back to.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import termios
from contextlib import suppress
from fcntl import F_DUPFD, fcntl, ioctl
from typing import NoReturn

from vigiles.cell import probe, quarters, view, wire
from vigiles.cell.bare import probe as bare_probe
from vigiles.cell.messages import Enter, Launch, Listener, to_init
from vigiles.cell.spec import CallSpec, CellSpec
from vigiles.kernel import landlock, limits, listener, namespaces, privileges, syscall

#: What our own processes ignore or handle and no program should inherit so.
DEFAULT_SIGNALS = (
    signal.SIGPIPE,
    signal.SIGXFSZ,
    signal.SIGCHLD,
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
)
_handle = syscall.libc.signal
_handle.argtypes, _handle.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
_REFUSED = ctypes.c_void_p(-1).value
EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, EXIT_CONTROL = 126, 127, 125


class ControlFailed(Exception):
    """``control`` could not be set up."""

    def __init__(self, control: str, error: OSError | ValueError) -> None:
        super().__init__(f"{control}: {error}")
        self.control = control


class Walls:
    """What every call of a cell shares, made once by init: the Landlock rules and the seccomp program."""

    def __init__(self, rules: int, program: bytes) -> None:
        self.rules = rules
        self.program = program


def prepare(cell: CellSpec, walls: Walls, *, agent: bool) -> int:
    """Do what is the same for every call: a session, a UTS tag, no capabilities, Landlock. Return the tag's descriptor.

    ``agent``: also a mount namespace in which shells are the shim. Raises :class:`ControlFailed`.
    """
    control = "file group"
    try:
        privileges.act_for_files_as(os.getegid())  # what init can do with our control groups, no call can
        control = "session"
        begin_session()
        control = "UTS tag"
        namespaces.unshare(namespaces.NEWUTS | (namespaces.NEWNS if agent else 0))
        tag = os.open("/proc/self/ns/uts", os.O_RDONLY | os.O_CLOEXEC)
        if agent:
            control = "shell shim"
            view.show_shim(f"{view.SHIM_DIR}/shim")
    except (OSError, ValueError) as error:
        raise ControlFailed(control, error) from error
    seal(walls, log_new_exec=cell.denials)
    return tag


def begin_session() -> None:
    """Leave our session, and what we ignore or handle. Raises OSError."""
    os.setsid()
    for number in DEFAULT_SIGNALS:
        if _handle(number, None) == _REFUSED:  # past the interpreter, which is about to be replaced
            raise OSError(errno.EINVAL, f"signal {number}")


def seal(walls: Walls, *, log_new_exec: bool = False) -> None:
    """Give up capabilities for good and enter the call's Landlock domain. Raises :class:`ControlFailed`."""
    control = "capabilities"
    try:
        privileges.drop_capabilities()
        privileges.no_new_privileges()
        control = "Landlock"
        landlock.restrict_self(walls.rules, log_new_exec=log_new_exec)
    except (OSError, ValueError) as error:
        raise ControlFailed(control, error) from error


def give_up(report: int, error: ControlFailed) -> NoReturn:
    """Say on ``report`` which control failed, and end before a byte of the workload runs."""
    _say(report, f"cannot set up {error}")
    os._exit(EXIT_CONTROL)


def wait(
    cell: CellSpec,
    walls: Walls,
    orders: socket.socket,
    notifier: socket.socket,
    entrances: list[int],
    room: int,
) -> NoReturn:
    """Be the next call's process before it is asked for: prepare, then become what the one order on ``orders`` says.

    Until then it is init's own code in init's own memory, behind a call's Landlock domain and not dumpable. ``entrances``:
    what is left to enter of the groups of ``room`` (0: it is in none).
    """
    try:
        quarters.enter(entrances)
        tag = prepare(cell, walls, agent=False)
        order, descriptors = wire.receive(orders, to_init)
        while isinstance(order, Enter):
            os.close(descriptors[0])
            quarters.enter(descriptors[1:])
            room = order.room
            order, descriptors = wire.receive(orders, to_init)
        orders.close()
        assert isinstance(order, Launch)
        given = len(descriptors) - order.entrances
        ways = descriptors[given + 1 :]
        for fd in descriptors[given : given + 1] if room != order.room else descriptors[given:]:
            os.close(fd)
        if room != order.room:
            _enter(ways, descriptors[2])
        become(order.call, walls, descriptors[:given], notifier, tag)
    finally:
        os._exit(EXIT_CONTROL)


def start(
    call: CallSpec, cell: CellSpec, walls: Walls, descriptors: list[int], entrances: list[int], notifier: socket.socket
) -> NoReturn:
    """Turn this freshly forked process into the call's program. ``descriptors`` become 0, 1, 2."""
    try:
        _enter(entrances, descriptors[2])
        tag = prepare(cell, walls, agent=call.agent)
        become(call, walls, descriptors, notifier, tag)
    except ControlFailed as error:
        give_up(descriptors[2], error)
    finally:
        os._exit(EXIT_CONTROL)


def _enter(entrances: list[int], report: int) -> None:
    """Enter the call's control groups, before anything is forked or done in its name."""
    try:
        quarters.enter(entrances)
    except OSError as error:
        give_up(report, ControlFailed("cgroup", error))


def become(
    call: CallSpec, walls: Walls, descriptors: list[int], notifier: socket.socket, tag: int, keeper: int = 0
) -> NoReturn:
    """Turn this prepared process into the call's program: descriptors, limits, seccomp, exec. Never returns.

    ``keeper``: the process below which the call lives, in tier U-.
    """
    report = os.dup(descriptors[2])
    os.set_inheritable(report, False)
    control = "descriptors"
    try:
        for target, source in enumerate(descriptors[:3]):
            os.dup2(source, target, inheritable=True)
        for target, source in zip(call.placed, descriptors[3:], strict=True):
            if fcntl(source, F_DUPFD, target) != target:
                raise OSError(errno.EBUSY, f"descriptor {target} is taken")
        if call.terminal:
            control = "terminal"
            ioctl(0, termios.TIOCSCTTY, 0)
        os.umask(call.umask)
        control = "working directory"
        os.chdir(call.cwd)
        path = _resolve(call)
        control = "limits"
        bounds = call.limits
        limits.apply(
            processes=bounds.processes,
            memory_bytes=bounds.memory_bytes,
            cpu_seconds=bounds.cpu_seconds,
            open_files=bounds.open_files,
            file_bytes=bounds.file_bytes,
        )
        control = "seccomp"
        privileges.dumpable()
        fd = listener.install(walls.program, listen=True)
        control = "notifier"
        wire.send(notifier, Listener(call=call.call, keeper=keeper, group=call.group), [fd, tag])
        os.close(fd)
        os.close(tag)
    except (OSError, ValueError) as error:
        give_up(report, ControlFailed(control, error))
    if call.probe:
        if keeper:
            os.write(1, bare_probe.report())
        else:
            os.write(1, probe.report(full=call.argv[0] == b"full", own_root=b"own root" in call.argv))
        os._exit(0)
    if path is None:
        _say(report, f"{os.fsdecode(call.argv[0])!a}: not found in the cell")
        os._exit(EXIT_NOT_FOUND)
    try:
        os.execve(path, call.argv, call.environment)
    except OSError as error:
        _say(report, f"{os.fsdecode(call.argv[0])!a}: {error.strerror}")
        os._exit(EXIT_NOT_EXECUTABLE)


def _say(report: int, what: str) -> None:
    """Tell the call's owner why nothing runs, if its standard error takes it: whoever asks for a call chooses that."""
    with suppress(OSError):
        os.write(report, f"vigiles: {what}\n".encode())


def _resolve(call: CallSpec) -> bytes | None:
    """Return the path to execute; for the agent's own root process a shell means the real shell, not the shim."""
    path = None if call.probe else _find(call)
    if path is None or not call.agent:
        return path
    name = os.fsdecode(os.path.basename(os.path.realpath(path)))
    return os.fsencode(f"{view.SHIM_DIR}/shell/{name}") if name in view.SHELLS else path


def _find(call: CallSpec) -> bytes | None:
    name = call.argv[0]
    if b"/" in name:
        return name
    for folder in call.environment.get(b"PATH", os.defpath.encode()).split(b":"):
        path = os.path.join(folder or b".", name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None
