"""Being written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Applied:
    applied: list[str] = field(default_factory=list)
    held: list[Any] = field(default_factory=list)
    held_dir: Any = None


def apply(*a: Any, **k: Any) -> Applied:
    return Applied()
