"""Telling whoever listens to an episode: what a face's callback raises is its own fault, and stops nothing that watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


def tell(listener: Callable[P, object] | None, *args: P.args, **kwargs: P.kwargs) -> None:
    """Call ``listener``, if there is one; an exception goes to the event loop's handler and no further."""
    if listener is None:
        return
    try:
        listener(*args, **kwargs)
    except Exception as error:
        unforeseen("a listener to an episode failed", error)


def unforeseen(message: str, error: Exception) -> None:
    """Hand an exception that nobody can be asked to handle to the event loop's handler, which logs it."""
    asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})
