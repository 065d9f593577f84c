"""One held change written to the work directory after all, because a person says so.

The same care as at the end of an episode (:mod:`~vigiles.cell.changes.apply`): descriptor by descriptor, no link followed,
the kept content checked against the digest that was recorded, written beside its place and renamed into it. What stood
there must be what the person was shown; if it changed meanwhile, nothing is touched. What stands there already, because
somebody crashed between the rename and the list, is done.

What can be taken over:

* a file: its content, its permission bits without set-uid, set-gid and sticky; a hard link is a file;
* a symbolic link: as it is, with the target that was shown;
* a folder: made if there is none, and given its mode; what was held below it is taken over by itself;
* a deletion: of a file, a link, or a folder with all that is in it.

What cannot: special files, files whose content was not kept, anything but a folder over a folder, a folder over anything
else, and whatever would lie below a link.

Between the last look at the place and the rename lies a moment that no look covers, as at the end of an episode.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from vigiles.cell.changes.held_files import Held, Hold, copy
from vigiles.cell.changes.held_list import HeldList
from vigiles.cell.changes.places import beside, fingerprint, link_fingerprint, look, open_below
from vigiles.kernel import paths

_DEPTH = 256


def standing(listed: HeldList, one: Held) -> str:
    """Return what stands now where a held change would go (see :func:`vigiles.cell.changes.places.fingerprint`).

    Raises Hold if the work directory itself is gone, OSError.
    """
    root = _root(listed.workdir)
    try:
        return fingerprint(root, _checked(one))
    finally:
        os.close(root)


def take_over(folder: Path, listed: HeldList, one: Held, expected: str) -> bool:
    """Write one held change from ``folder`` to the work directory, where ``expected`` must stand; it is on the disk then.

    Return False if nothing had to be done, because it stands there already. Raises Hold, OSError: nothing was changed then,
    but for the deletion of a folder that failed half-way.
    """
    path = _checked(one)
    if one.kind == "other" and one.change != "deleted":
        raise Hold("special_file", "a FIFO, socket or device is not made again")
    root = _root(listed.workdir)
    try:
        present = fingerprint(root, path)
        if present == "unreachable":
            raise Hold("not_a_folder", "a folder on the way to it is a link, or no folder")
        if _is_there(root, one, path, present):
            return False
        if present != expected:
            raise Hold("changed_meanwhile", "the work directory has something else there now")
        above, name = os.path.split(path)
        parent = open_below(root, above)
        try:
            _write(folder, root, parent, name, one)
            os.fsync(parent)
        finally:
            os.close(parent)
    finally:
        os.close(root)
    return True


def _checked(one: Held) -> str:
    path = one.place
    if any(part in ("", ".", "..") or "\0" in part for part in path.split("/")):
        raise Hold("bad_path", "no file can have this path")
    return path


def _root(workdir: str) -> int:
    """Open the work directory, no component of whose path may be a link: it was a real path when it was recorded."""
    top = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return open_below(top, workdir)
    except Hold as hold:
        raise Hold("not_a_folder", f"the work directory is gone, or a link leads to it ({hold.detail})") from hold
    finally:
        os.close(top)


def _is_there(root: int, one: Held, path: str, present: str) -> bool:
    if one.change == "deleted":
        return present == "nothing"
    if one.kind == "symlink":
        return present == link_fingerprint(one.points_to)
    wanted = "folder:" if one.kind == "directory" else f"file:{one.sha256}"
    if not present.startswith(wanted):
        return False
    above, name = os.path.split(path)
    parent = open_below(root, above)
    try:
        info = look(parent, name)
    finally:
        os.close(parent)
    return info is not None and stat.S_IMODE(info.st_mode) & 0o777 == one.mode & 0o777


def _write(folder: Path, root: int, parent: int, name: str, one: Held) -> None:
    info = look(parent, name)
    owner = os.fstat(root) if os.geteuid() == 0 else None
    if one.change == "deleted":
        if info is not None and stat.S_ISDIR(info.st_mode) != (one.kind == "directory"):
            raise Hold("changed_meanwhile", "something else stands there now")
        _remove(parent, name, 0)
        return
    if info is not None and stat.S_ISDIR(info.st_mode) != (one.kind == "directory"):
        raise Hold("changed_meanwhile", "a folder and no folder do not replace each other: move away what stands there")
    if one.kind == "directory":
        _folder(parent, name, one, owner, made=info is None)
    elif one.kind == "symlink":
        with beside(parent, name) as new:
            os.symlink(one.points_to, new, dir_fd=parent)
            if owner is not None:
                os.chown(new, owner.st_uid, owner.st_gid, dir_fd=parent, follow_symlinks=False)
    else:
        _file(folder, parent, name, one, owner)


def _folder(parent: int, name: str, one: Held, owner: os.stat_result | None, *, made: bool) -> None:
    if made:
        os.mkdir(name, 0o700, dir_fd=parent)
        if owner is not None:
            os.chown(name, owner.st_uid, owner.st_gid, dir_fd=parent, follow_symlinks=False)
    handle = paths.open_handle(parent, name)
    try:
        info = os.fstat(handle)
        if not stat.S_ISDIR(info.st_mode):
            raise Hold("changed_meanwhile", "something else stands there now")
        os.chmod(f"/proc/self/fd/{handle}", (one.mode & 0o777) | (info.st_mode & 0o7000))
    finally:
        os.close(handle)


def _file(folder: Path, parent: int, name: str, one: Held, owner: os.stat_result | None) -> None:
    if one.kept is None or one.sha256 is None or os.path.basename(one.kept) != one.kept:
        raise Hold("failed", "its content was not kept, for it was too large")
    source = os.open(folder / one.kept, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        with beside(parent, name) as new:
            target = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent)
            try:
                if copy(source, target, hashing=True) != one.sha256:
                    raise Hold("changed_meanwhile", "the kept copy is not what was recorded")
                if owner is not None:
                    os.fchown(target, owner.st_uid, owner.st_gid)
                os.fchmod(target, one.mode & 0o777)
                os.fsync(target)
            finally:
                os.close(target)
    finally:
        os.close(source)


def _remove(parent: int, name: str, depth: int) -> None:
    info = look(parent, name)
    if info is None:
        return
    if not stat.S_ISDIR(info.st_mode):
        os.unlink(name, dir_fd=parent)
        return
    if depth > _DEPTH:
        raise Hold("failed", "folders nested too deeply")
    below = paths.open_folder(parent, name)
    try:
        for entry in sorted(os.listdir(below)):
            _remove(below, entry, depth + 1)
    finally:
        os.close(below)
    os.rmdir(name, dir_fd=parent)
