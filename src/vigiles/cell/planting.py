"""Files that a cell's home is given before anything runs in it."""

from __future__ import annotations

import os
from collections.abc import Mapping


def plant(home: str, files: Mapping[str, str], owner: tuple[int, int] | None = None) -> None:
    """Write ``files`` (path below ``home`` -> text), closed to others, to belong to ``owner``. Raises OSError.

    The home is fresh and nobody else writes to it yet; a path that leads out of it is not made.
    """
    for path, text in files.items():
        folder = home
        parts = path.split("/")
        if "" in parts or ".." in parts:
            raise OSError(22, "not a path below the home", path)
        for part in parts[:-1]:
            folder = f"{folder}/{part}"
            try:
                os.mkdir(folder, 0o700)
            except FileExistsError:
                continue
            if owner is not None:
                os.chown(folder, *owner)
        fd = os.open(f"{folder}/{parts[-1]}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
            if owner is not None:
                os.fchown(fd, *owner)
