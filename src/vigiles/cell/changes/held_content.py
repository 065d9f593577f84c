"""The two sides of a held change, for a person to compare: what was kept, and what stands in the work directory now."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from vigiles.cell.changes.held_files import Held, Hold
from vigiles.cell.changes.held_list import HeldList
from vigiles.cell.changes.places import open_handle
from vigiles.cell.changes.take_over import standing
from vigiles.kernel import paths

#: Larger contents are not read for comparing, bytes.
READ = 16 << 20


@dataclass(frozen=True)
class Side:
    """``kind``: ``nothing``, ``file``, ``folder``, ``link``, ``other`` or ``unreachable``. ``content`` of a file of at most
    :data:`READ` bytes; ``target`` of a link; ``entries`` of a folder. ``fingerprint`` tells what exactly this is.
    """

    kind: str
    fingerprint: str = ""
    size: int = 0
    mode: int = 0
    content: bytes | None = None
    target: str = ""
    entries: int = 0


def kept(folder: Path, one: Held) -> bytes | None:
    """Return the kept content; None if there is none, it is too large, or it is not what was recorded."""
    if one.kept is None or os.path.basename(one.kept) != one.kept or one.size > READ:
        return None
    try:
        handle = os.open(folder / one.kept, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:
            content = file.read(READ + 1)
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == one.sha256 else None


def present(listed: HeldList, one: Held) -> Side:
    """Return what stands in the work directory where a held change would go. Raises nothing: what cannot be read says so."""
    try:
        print_ = standing(listed, one)
        if print_ in ("nothing", "unreachable"):
            return Side(print_, print_)
        return _side(listed, one, print_)
    except (Hold, OSError):
        return Side("unreachable", "unreachable")


def _side(listed: HeldList, one: Held, print_: str) -> Side:
    root = os.open(listed.workdir, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        handle = open_handle(root, one.place)
    finally:
        os.close(root)
    try:
        info = os.fstat(handle)
        mode = stat.S_IMODE(info.st_mode)
        if stat.S_ISLNK(info.st_mode):
            return Side("link", print_, target=os.readlink("", dir_fd=handle))
        if stat.S_ISDIR(info.st_mode):
            return Side("folder", print_, mode=mode, entries=len(os.listdir(f"/proc/self/fd/{handle}")))
        if not stat.S_ISREG(info.st_mode):
            return Side("other", print_, mode=mode)
        if info.st_size > READ:
            return Side("file", print_, size=info.st_size, mode=mode)
        with open(paths.open_regular(handle), "rb") as file:
            content = file.read(READ + 1)
        # Of what was read, so that who approves the difference approves to replace just this.
        return Side("file", f"file:{hashlib.sha256(content).hexdigest()}", len(content), mode, content)
    finally:
        os.close(handle)
