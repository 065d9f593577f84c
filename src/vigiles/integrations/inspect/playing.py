"""Which episode a call to a model belongs to: set by the agent that calls, read by a scripted model behind the call."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from vigiles.world.staging import Staging


@dataclass(eq=False)
class Scene:
    """One episode's stage and seed. ``kept``: what a scripted model keeps of it from turn to turn."""

    staging: Staging
    seed: int
    kept: dict[str, object] = field(default_factory=dict)


SCENE: ContextVar[Scene | None] = ContextVar("vigiles_scene", default=None)
