"""What has nothing to say says nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vigiles.model.effect import Datum
from vigiles.safeguards.silent import Silent


def test_it_is_silent(ask: Callable[..., Any]) -> None:
    silent = Silent()
    silent.performed(ask(), [])
    assert (silent.instructions(), silent.opinion(ask()), silent.conceals(Datum(id="1"), "")) == ("", None, False)
