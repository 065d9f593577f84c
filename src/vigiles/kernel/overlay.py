"""Overlay file systems: changes land in an upper folder, what is below stays as it was.

Source: the kernel's Documentation/filesystems/overlayfs; ``userxattr`` is what lets an ordinary user mount one.
"""

from __future__ import annotations

from vigiles.kernel import mounts


def _escape(path: str) -> str:
    """Escape what separates options and layers in overlay's option string."""
    return path.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")


def writable(lower: str, upper: str, work: str, target: str, *, privileged: bool) -> None:
    """Mount ``lower`` at ``target``; writes go to ``upper``. ``work`` is an empty folder beside ``upper``.

    With privilege a folder of ``lower`` can be renamed (``redirect_dir``; the mark is an attribute that the workload cannot
    write). The kernel refuses that together with ``userxattr``: there, a rename is EXDEV and ``mv`` copies.
    """
    options = f"lowerdir={_escape(lower)},upperdir={_escape(upper)},workdir={_escape(work)}"
    more = ",redirect_dir=on" if privileged else ",userxattr"
    mounts.mount("overlay", target, "overlay", mounts.NOSUID | mounts.NODEV, options + more)


def merged(layers: list[str], target: str, *, privileged: bool) -> None:
    """Mount ``layers`` (the first wins) read-only at ``target``."""
    options = "lowerdir=" + ":".join(_escape(layer) for layer in layers)
    flags = mounts.RDONLY | mounts.NOSUID | mounts.NODEV
    mounts.mount("overlay", target, "overlay", flags, options + ("" if privileged else ",userxattr"))
