"""Places of the host that the cell could write to, and what of value lies in them."""

from __future__ import annotations

import os
from pathlib import Path

#: Folders whose writer owns the machine or the account: what starts by itself, and what decides who may come in.
_ROOTS = ("/", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/boot", "/root", "/var", "/proc", "/sys", "/dev", "/run")
#: What makes a writable folder more than a folder, below it.
_VALUABLE = (
    ".ssh",
    ".aws",
    ".kube",
    ".gnupg",
    ".docker",
    ".config/gcloud",
    ".azure",
    ".netrc",
    ".git-credentials",
    ".bashrc",
    ".profile",
    ".zshrc",
    ".git/hooks",
)


def is_root(path: str) -> bool:
    """Say whether a writable ``path`` gives the host away: its root, a system folder, or a whole home."""
    real = os.path.realpath(path)
    home = os.path.realpath(Path.home())
    return real in map(os.path.realpath, _ROOTS) or real == home or home.startswith(real.rstrip("/") + "/")


def valuables(path: str) -> list[str]:
    """Return what of value lies directly in a writable folder, as paths below it."""
    return [name for name in _VALUABLE if os.path.lexists(os.path.join(path, name))]
