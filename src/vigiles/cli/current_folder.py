"""The folder that a command is started in; it can be gone, though a shell still stands in it."""

from __future__ import annotations

import os

from vigiles.model.errors import InputInvalid


def check_here() -> None:
    """Refuse to start in a folder that is gone: nothing could be found from it. Raises :class:`InputInvalid`."""
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise InputInvalid(
            "the current folder does not exist any more", "Go to a folder that is there (cd), and run the command again."
        ) from error
