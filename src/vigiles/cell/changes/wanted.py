"""What the end of an episode is asked to write: one change, in the words of the sensor that saw it.

Rooms on one floor do not know each other, so this names the parts of :class:`vigiles.sensors.change.Change` that are needed
here. Its documentation is this one's.
"""

from __future__ import annotations

from typing import Protocol

from vigiles.model.observation.files import FileFlag


class Wanted(Protocol):
    """One change to apply."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def change(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def mode(self) -> int: ...  # noqa: D102
    @property
    def sha256(self) -> str | None: ...  # noqa: D102
    @property
    def flags(self) -> tuple[FileFlag, ...]: ...  # noqa: D102
    @property
    def target(self) -> str | None: ...  # noqa: D102
    @property
    def lower(self) -> str | None: ...  # noqa: D102
    @property
    def replaced(self) -> bool: ...  # noqa: D102
