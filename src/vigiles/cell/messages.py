"""What supervisor, launcher, cell init and notifier say to each other."""

from __future__ import annotations

from typing import Union

import msgspec

from vigiles.cell.spec import CallSpec, CellSpec
from vigiles.model.observation.network import Bind, Connect
from vigiles.model.observation.process import ProcessExit, ProcessStart
from vigiles.model.observation.sensor import Gap


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """Tagged like a record."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Into control groups: the version 2 folder, and the files by which one enters; see :mod:`vigiles.kernel.cgroups`."""

    folder: str
    ways: list[str]


class Homes(msgspec.Struct, frozen=True, kw_only=True):
    """The control groups of a cell's own processes, and the room of its first call.

    ``key``: the gid as which init begins processes in its calls' groups, and which none of these processes keeps.
    """

    init: Way
    notifier: list[str]
    room: int
    first: Way
    key: int


class Make(_Message, frozen=True, kw_only=True, tag="make"):
    """Supervisor to launcher: make a cell. ``door`` is the door's packed configuration, None for no door.

    ``homes``: the control groups of its processes, None where it has none.
    """

    token: int
    spec: CellSpec
    door: bytes | None = None
    homes: Homes | None = None


class Adopt(_Message, frozen=True, kw_only=True, tag="adopt"):
    """Supervisor to launcher: finish the prepared cell of ``token`` with a work directory; None: nobody wants it now."""

    token: int
    spec: CellSpec | None


class Made(_Message, frozen=True, kw_only=True, tag="made"):
    """Launcher to supervisor: the cell's processes run; descriptors: init's socket, notifier's, door's (if any).

    Said of a prepared cell twice, the second time without descriptors: when it was adopted.
    """

    token: int
    init: int
    notifier: int
    door: bool = False


class NotMade(_Message, frozen=True, kw_only=True, tag="not_made"):
    """Launcher to supervisor: no cell; which control failed, why, and what to do."""

    token: int
    control: str
    error: str
    remedy: str


class Launch(_Message, frozen=True, kw_only=True, tag="launch"):
    """Supervisor to init: start a process; descriptors: its 0, 1, 2 (with ``call.terminal`` its 2 or none).

    After them come ``entrances``, as :meth:`vigiles.cell.groups.Room.all` gives them: in these control groups the process is
    before anything else, unless it is in that ``room`` already.
    """

    call: CallSpec
    entrances: int = 0
    room: int = 0


class Enter(_Message, frozen=True, kw_only=True, tag="enter"):
    """Supervisor to init, and init to the process that waits for the next call: its control groups' entrances."""

    room: int


class Signal(_Message, frozen=True, kw_only=True, tag="signal"):
    """Supervisor to init: send ``signal`` to the first process of ``call``, or to its process group, or to all (None)."""

    signal: int
    call: int | None = None
    group: bool = False


class CellUp(_Message, frozen=True, kw_only=True, tag="cell_up"):
    """Init: the cell stands and is sealed.

    Descriptors to the supervisor: the overlay's upper folder (if ``overlay``), then the shim's socket (if the cell has one).
    Descriptors to the launcher: the door's listening sockets (see :mod:`vigiles.cell.listeners`), none without a network.
    """

    overlay: bool
    landlock_abi: int


class Prepared(_Message, frozen=True, kw_only=True, tag="prepared"):
    """Init to launcher: all of the cell stands but its work directory; descriptors: the door's listening sockets."""


class Finish(_Message, frozen=True, kw_only=True, tag="finish"):
    """Launcher to a prepared init: this is the cell, with its work directory; descriptor: its owner's map, if any."""

    spec: CellSpec


class CellFailed(_Message, frozen=True, kw_only=True, tag="cell_failed"):
    """Init to launcher and supervisor: a control could not be set up."""

    control: str
    error: str
    remedy: str


class Started(_Message, frozen=True, kw_only=True, tag="started"):
    """Init to supervisor: the call's first process exists, ``pid`` inside; with a terminal its master is the descriptor."""

    call: int
    pid: int


class Exited(_Message, frozen=True, kw_only=True, tag="exited"):
    """Init to supervisor: a process ended and was reaped. ``call`` is set if it was a call's first process.

    ``cpu_us`` counts the process and the descendants that it had waited for.
    """

    pid: int
    call: int | None
    code: int | None
    signal: int | None
    cpu_us: int


class LaunchFailed(_Message, frozen=True, kw_only=True, tag="launch_failed"):
    """Init to supervisor: the call's process could not be started."""

    call: int
    control: str
    error: str


class Listener(_Message, frozen=True, kw_only=True, tag="listener"):
    """A call's first process to the notifier: here is its listener and its UTS namespace (the two descriptors).

    ``keeper``: in tier U- the process below which the whole call lives, 0 elsewhere. ``group``: see :class:`CallSpec`.
    """

    call: int
    keeper: int = 0
    group: int = 0


class Halt(_Message, frozen=True, kw_only=True, tag="halt"):
    """Supervisor to notifier: refuse every further connect (``on``), or stop refusing; of one ``call``, or (None) of all."""

    on: bool
    call: int | None = None


class Tag(_Message, frozen=True, kw_only=True, tag="tag"):
    """Notifier to supervisor: call ``call`` has UTS namespace ``uts``."""

    call: int
    uts: int


class CallOver(_Message, frozen=True, kw_only=True, tag="call_over"):
    """Notifier to supervisor: the last process under the call's listener is gone."""

    call: int


ToLauncher = Union[Make, Adopt]  # noqa: UP007
FromLauncher = Union[Made, NotMade]  # noqa: UP007 - tagged unions that msgspec resolves by ``type``
ToInit = Union[Launch, Enter, Signal]  # noqa: UP007
FromInit = Union[CellUp, CellFailed, Started, Exited, LaunchFailed]  # noqa: UP007
ToNotifier = Halt
FromNotifier = Union[Tag, CallOver, ProcessStart, ProcessExit, Connect, Bind, Gap]  # noqa: UP007

to_launcher: msgspec.msgpack.Decoder[ToLauncher] = msgspec.msgpack.Decoder(ToLauncher)
from_launcher: msgspec.msgpack.Decoder[FromLauncher] = msgspec.msgpack.Decoder(FromLauncher)
to_init: msgspec.msgpack.Decoder[ToInit] = msgspec.msgpack.Decoder(ToInit)
from_init: msgspec.msgpack.Decoder[FromInit] = msgspec.msgpack.Decoder(FromInit)
to_notifier: msgspec.msgpack.Decoder[ToNotifier] = msgspec.msgpack.Decoder(ToNotifier)
from_notifier: msgspec.msgpack.Decoder[list[FromNotifier]] = msgspec.msgpack.Decoder(list[FromNotifier])
listener: msgspec.msgpack.Decoder[Listener] = msgspec.msgpack.Decoder(Listener)
CellWord = Union[CellUp, Prepared, CellFailed]  # noqa: UP007
cell_word: msgspec.msgpack.Decoder[CellWord] = msgspec.msgpack.Decoder(CellWord)
to_prepared: msgspec.msgpack.Decoder[Finish] = msgspec.msgpack.Decoder(Finish)
