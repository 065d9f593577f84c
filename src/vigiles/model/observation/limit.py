"""Limits that were met."""

from __future__ import annotations

from typing import Literal

from vigiles.model.observation.base import Observation


class LimitMet(Observation, frozen=True, kw_only=True, tag="limit_met"):
    """The cell's private disk was found full: whoever wrote got ENOSPC, inside and nobody else.

    ``most``: the profile's ``files.tmp_bytes`` or ``files.tmp_inodes`` as the kernel keeps it. Told once, and again after
    there was room. The attribution names the calls that may have written.
    """

    limit: Literal["disk_bytes", "disk_inodes"]
    most: int
