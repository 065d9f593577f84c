"""The sinks that the settings name now: a recorder that runs takes a change of them with the next checkpoint.

Imports little, for most homes have no sinks and every start of a recorder comes through here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.ledger.sinks.waking import Waking

#: What tells one state of the file from another: inode, size, time of change.
_Mark = tuple[int, int, int]


class Outlet:
    """Where a recorder says that there is a new checkpoint."""

    def __init__(self, home: Home, complain: Callable[[str], None]) -> None:
        """Read the settings. Raises :class:`InputInvalid` for unusable ones: a start with them would send nothing."""
        self._home = home
        self._complain = complain
        self._waking: Waking | None = None
        self._read = self._mark()
        if self._read is not None:
            self._take()

    def signed(self) -> None:
        """Say that there is a new checkpoint. Never waits and never raises.

        Settings that became unusable meanwhile are complained of once, and the sinks stay what they were.
        """
        mark = self._mark()
        if mark != self._read:
            self._read = mark
            try:
                self._take()
            except InputInvalid as error:
                self._complain(f"the sinks stay what they were: {error}")
        if self._waking is not None:
            self._waking.signed()

    def close(self) -> None:
        """Let the sender give what is left and end by itself."""
        if self._waking is not None:
            self._waking.close()
            self._waking = None

    def _take(self) -> None:
        from vigiles.ledger.sinks.settings import load_sinks
        from vigiles.ledger.sinks.waking import Waking

        named = load_sinks(self._home)
        self.close()
        if named:
            self._waking = Waking(self._home, self._complain)

    def _mark(self) -> _Mark | None:
        try:
            status = os.stat(self._home.settings)
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
