"""What a sensor could not see."""

from __future__ import annotations

from vigiles.model.observation.base import Observation


class Gap(Observation, frozen=True, kw_only=True, tag="gap"):
    """A sensor lost or folded observations: ``count`` of ``what`` since the last record. Loss is never silent."""

    what: str
    count: int
