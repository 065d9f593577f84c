"""What a safeguard does where it has nothing to do; the others say only what is theirs."""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.model.effect import Datum
from vigiles.safeguards.safeguard import Asked, Opinion


class Silent:
    """Adds no instruction, hides nothing, has no opinion, remembers nothing."""

    name = "silent"

    def instructions(self) -> str:
        """Return nothing."""
        return ""

    def conceals(self, datum: Datum, purpose: str) -> bool:
        """Hide nothing."""
        return False

    def opinion(self, asked: Asked) -> Opinion | None:
        """Say nothing."""
        return None

    def performed(self, asked: Asked, read: Sequence[Datum]) -> None:
        """Remember nothing."""
