"""The list of what is held of one episode: ``held.json`` in its folder, always whole, changed by one hand at a time.

It is written beside its place, brought to the disk and renamed into it, so a crash leaves the old list or the new one. What
was applied leaves the list only after it stands in the work directory: a crash between the two leaves it listed, and who
applies it again finds it there already. A kept copy goes last.

The folder lies in the home directory, which no cell sees; but whoever can write there is believed.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from vigiles.cell.changes.held_files import Held
from vigiles.model.errors import InputInvalid

NAME = "held.json"
_KEPT = re.compile(r"\d{4,}-[A-Za-z0-9._-]*")
_SCRATCH = re.compile(r"\.held-[0-9a-f]{16}")


class HeldList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``workdir``: the work directory's real path, where what is held would go."""

    workdir: str
    held: list[Held]
    version: int = 1


def folder_of(home: Path, episode: str) -> Path:
    """Return the folder of what is held of an episode, whether there is one or not."""
    return home / "held-files" / episode


def load(folder: Path) -> HeldList | None:
    """Return the list, None if nothing was ever held. Raises :class:`InputInvalid` if it cannot be read."""
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=HeldList)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputInvalid(
            f"{path} cannot be read: {error}", "The kept files lie beside it; look at them and copy what you trust by hand."
        ) from error


def save(folder: Path, listed: HeldList) -> None:
    """Write the list in place of the old one. Raises OSError, and then the old one stands."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = folder / f".held-{secrets.token_hex(8)}"
    try:
        with open(new, "xb", opener=_for_us) as file:
            file.write(msgspec.json.format(msgspec.json.encode(listed), indent=1))
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, folder / NAME)
    except BaseException:
        with suppress(OSError):
            os.unlink(new)
        raise
    sync(folder)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only one who changes the list, waiting for whoever does now. Raises OSError if there is no folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def settle(folder: Path, listed: HeldList, done: Held) -> HeldList:
    """Take ``done`` off the list, then remove its copy and what a crash left. Call it under the lock. Raises OSError."""
    rest = HeldList(workdir=listed.workdir, held=[one for one in listed.held if one != done])
    save(folder, rest)
    sweep(folder, rest)
    return rest


def sweep(folder: Path, listed: HeldList) -> None:
    """Remove copies that the list does not name: what had been applied or discarded when somebody crashed."""
    kept = {one.kept for one in listed.held}
    for name in os.listdir(folder):
        if name not in kept and (_KEPT.fullmatch(name) or _SCRATCH.fullmatch(name)):
            with suppress(OSError):
                os.unlink(folder / name)


def sync(folder: Path) -> None:
    """Bring a folder's entries to the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _for_us(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
