"""What a face was asked for, of the cell that it opens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from vigiles.ruleset.profile import Tier
from vigiles.runtime.beginning.opening import open_episode
from vigiles.runtime.episode import Episode


@dataclass(frozen=True, kw_only=True)
class CellOrder:
    """``profile`` a name or a path; ``home`` None for the default.

    ``read``, ``hosts`` ("host:port") and ``names`` (of environment variables) add to the profile, for this run.
    """

    profile: str
    workdir: Path
    home: Path | None = None
    read: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    model_version: str | None = None
    task: str | None = None
    tier: Tier | None = None
    rootfs: Path | None = None
    root_inside: bool = False

    def open(self, *, more: Sequence[str] = (), shim: bool = False) -> AbstractAsyncContextManager[Episode]:
        """Return the episode to enter; see :func:`vigiles.runtime.beginning.opening.open_episode`. ``more`` is shown too."""
        return open_episode(
            profile=self.profile,
            workdir=self.workdir,
            home=self.home,
            extra_read=[*self.read, *more],
            allow_hosts=self.hosts,
            allow_environment=self.names,
            shim=shim,
            model_version=self.model_version,
            task=self.task,
            tier=self.tier,
            rootfs=self.rootfs,
            root_inside=self.root_inside,
        )
