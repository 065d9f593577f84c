"""Run a command as an ordinary user for whom no user namespace can be made, as on a machine that refuses them.

Enters one user namespace first, maps the own id to itself and sets its limit of further ones to 0: below, unshare(2) of a
user namespace fails with ENOSPC, for real. The exec leaves no capability. As root, becomes ``nobody`` before.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from vigiles.kernel import namespaces, privileges

_NOBODY = 65534


def main() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        privileges.dumpable()  # changing uid closed /proc/self, where the maps lie
    uid, gid = os.geteuid(), os.getegid()
    namespaces.unshare(namespaces.NEWUSER)
    namespaces.map_self(uid, uid, gid, gid)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
