"""A cell's root that is a folder (``--rootfs``) in the place of the host's system folders.

The folder is the lower layer of an overlay and stays as it is. Whoever made it may be hostile, so nothing in it is ever
walked to find a place for a mount: every mount point is made as a real folder of the *upper* layer, before the overlay is
mounted. There a real folder hides whatever else (a link, a file, nothing) the folder below has at that name.

Mounts below the folder are not shown (an overlay's layer is one file system), device files and set-uid bits are dead
(nodev, nosuid), and a socket cannot be reached through an overlay.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping

from vigiles.cell.spec import CellSpec
from vigiles.kernel import mounts, overlay, paths

#: What every cell lays over its root, and what the probe wants to find there.
_FOLDERS = ("/dev", "/proc", "/sys", "/tmp", "/var/tmp", "/run", "/usr", "/etc")
#: An account file that is larger is no account file.
_LARGEST = 1 << 20


def stand_on(
    spec: CellSpec,
    idmap: int,
    *,
    host: str,
    scratch: str,
    target: str,
    folders: Iterable[str],
    files: Iterable[str],
    etc: Mapping[str, str],
) -> None:
    """Mount the cell's own layer over ``spec.rootfs`` at ``target``; ``folders`` and ``files`` are then real ones in it.

    ``host`` is where the host's root stands, ``scratch`` a private folder, ``etc`` the text of the cell's own files there.
    ``idmap``: for real root, the fd of a user namespace that maps the folder's owner to the cell's uid, or -1. Raises
    OSError with the path that failed.
    """
    upper, work = f"{scratch}/root", f"{scratch}/root-work"
    os.mkdir(upper)
    os.mkdir(work)
    made = [upper]
    for path in (*_FOLDERS, *folders):
        made += _folder(upper, path)
    for path in files:
        made += _folder(upper, os.path.dirname(path))
        made.append(_write(upper + path, ""))
    folder = paths.open_unlinked(host + spec.rootfs)
    try:
        for name, text in {**etc, **_accounts(spec, folder, host)}.items():
            made.append(_write(f"{upper}/etc/{name}", text))
        lower = f"{host}/proc/self/fd/{folder}"
        if idmap >= 0:
            owned = f"{scratch}/root-lower"
            os.mkdir(owned)
            mounts.bind_idmapped(lower, owned, idmap, recursive=False)
            lower = owned
        if spec.host_root:
            for path in made:
                os.chown(path, spec.uid, spec.gid, follow_symlinks=False)
        overlay.writable(lower, upper, work, target, privileged=spec.host_root)
    except OSError as error:
        raise OSError(error.errno, error.strerror, spec.rootfs) from error
    finally:
        os.close(folder)


def _folder(upper: str, path: str) -> list[str]:
    """Make ``path`` below ``upper``; return what was made."""
    made, here = [], upper
    for name in path.split("/"):
        if name:
            here = f"{here}/{name}"
            if not os.path.isdir(here):
                os.mkdir(here, 0o755)
                made.append(here)
    return made


def _write(path: str, text: str) -> str:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    return path


def _accounts(spec: CellSpec, folder: int, host: str) -> dict[str, str]:
    """Return the account files: the folder's own, and for a workload that is not root inside a line that names it."""
    users = _text(folder, "passwd", host) or f"root:x:0:0:root:{spec.home if spec.root_inside else '/root'}:/bin/sh\n"
    groups = _text(folder, "group", host) or "root:x:0:\n"
    if not spec.root_inside:
        users = f"agent:x:{spec.uid}:{spec.gid}:agent:{spec.home}:/bin/sh\n{users}"
        groups = f"agent:x:{spec.gid}:\n{groups}"
    return {"passwd": users, "group": groups}


def _text(folder: int, name: str, host: str) -> str:
    """Return a file of the folder's /etc, if it is a plain one that everybody may read; else nothing."""
    try:
        etc = paths.open_below(folder, "etc")
    except OSError:
        return ""
    try:
        handle = paths.open_handle(etc, name)
    except OSError:
        return ""
    finally:
        os.close(etc)
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode) or not info.st_mode & stat.S_IROTH or info.st_size > _LARGEST:
            return ""
        with open(f"{host}/proc/self/fd/{handle}", encoding="utf-8", errors="surrogateescape") as file:
            return file.read(_LARGEST)
    except OSError:
        return ""
    finally:
        os.close(handle)
