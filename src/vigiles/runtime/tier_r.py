"""What root adds: control groups, uids of their own for cells, and, where they are set up, the kernel's own sensors.

Opened once for a supervisor. Where any part cannot be had there is no tier R: the reason is kept, stands in every cell's
record, and stops a start that asks for tier R.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vigiles.cell.groups import CellGroups, Groups
from vigiles.kernel.uids import Uids
from vigiles.model.errors import ControlUnavailable
from vigiles.ruleset.profile import Budgets
from vigiles.runtime.outfitting.outfit import CELL_UID, CELL_UIDS
from vigiles.runtime.watching.denial_sensor import DenialSensor, DenialWatch
from vigiles.runtime.watching.kernel_sensor import KernelSensor

if TYPE_CHECKING:
    from vigiles.runtime.watching.watch import Watch

_UIDS = Path("/run/vigiles/uids")
_TIDY_S = 0.05


@dataclass
class TierR:
    """One supervisor's tier R. Open with :meth:`open`, close when the launcher has ended."""

    groups: Groups
    uids: Uids
    sensor: KernelSensor
    _denials: DenialSensor | None = field(default=None, repr=False)
    _leaving: list[tuple[int, CellGroups]] = field(default_factory=list, repr=False)
    _tidying: asyncio.Task[None] | None = field(default=None, repr=False)

    @classmethod
    def open(cls, name: str) -> TierR:
        """Set up what all cells share, under a name by :func:`vigiles.cell.groups.new_name`; may run in a thread.

        Raises :class:`ControlUnavailable` with what is missing and the remedy.
        """
        if os.geteuid() != 0:
            raise ControlUnavailable("tier R", "this process is not root", "run as root, or use a profile with tier U")
        try:
            groups = Groups.open(name)
        except OSError as error:
            raise ControlUnavailable(
                "cgroup", f"{error.strerror} ({error.filename})", "mount cgroup version 2 writable, outside of a container"
            ) from error
        try:
            uids = Uids(_UIDS, CELL_UID, CELL_UIDS)
        except OSError as error:
            groups.close()
            raise ControlUnavailable("uid per cell", f"{error.strerror} ({_UIDS})", "make /run writable for root") from error
        try:
            sensor = KernelSensor.open(groups.supervisor.path)
        except BaseException as error:
            uids.close()
            groups.close()
            if isinstance(error, OSError):
                raise ControlUnavailable("bpf", str(error), "see `vigiles doctor`, or ask for tier U") from error
            raise
        return cls(groups, uids, sensor)

    def denials(self, watch: Watch, uid: int) -> DenialWatch:
        """Have what Landlock refuses in an episode's cell recorded. Raises :class:`ControlUnavailable`."""
        if self._denials is None:
            self._denials = DenialSensor.open()
        return self._denials.add(watch, uid)

    def listen(self) -> None:
        """Begin to take what the kernel's programs see, on the running loop."""
        self.sensor.listen()

    def admit(self, episode: str, budgets: Budgets) -> tuple[int, CellGroups]:
        """Return a uid and groups for a new cell. Raises :class:`ControlUnavailable`."""
        try:
            uid = self.uids.take()
        except OSError as error:
            raise ControlUnavailable("uid per cell", str(error.strerror), "end other episodes first") from error
        cell = self.groups.cell(episode)
        try:
            missing = cell.make(processes=budgets.processes or 0, memory_bytes=budgets.memory_bytes_cell or 0, gid=uid)
            cell.prepare()
        except OSError as error:
            self.uids.give(uid)
            raise ControlUnavailable(
                "cgroup", f"{error.strerror} ({error.filename})", "see `vigiles doctor`, or use a profile with tier U"
            ) from error
        if "memory" in missing:
            self.dismiss(uid, cell)
            raise ControlUnavailable(
                "total memory limit", "no memory controller here", "enable it, or drop budgets.memory_bytes_cell"
            )
        return uid, cell

    def dismiss(self, uid: int, cell: CellGroups) -> None:
        """A cell is over: its uid and its groups go when its last process has."""
        self._leaving.append((uid, cell))
        if self._tidying is None:
            self._tidying = asyncio.create_task(self._tidy())

    def close(self) -> None:
        """Let go of everything; whatever is left dies with its group."""
        if self._tidying is not None:
            self._tidying.cancel()
        with ExitStack() as stack:
            for part in (self.uids, self.groups, self.sensor, self._denials):
                if part is not None:
                    stack.callback(part.close)

    async def _tidy(self) -> None:
        while self._leaving:
            await asyncio.sleep(_TIDY_S)
            left = []
            for uid, cell in self._leaving:
                try:
                    gone = cell.remove()
                except OSError:
                    gone = False  # the next round tries again
                if gone:
                    self.uids.give(uid)
                else:
                    left.append((uid, cell))
            self._leaving = left
        self._tidying = None
