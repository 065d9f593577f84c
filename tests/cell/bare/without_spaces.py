"""Run a command as an ordinary user for whom no user namespace can be made, as on a machine that refuses them.

Enters one user namespace first, in which the own id is an ordinary one, and sets its limit of further ones to 0: below,
unshare(2) of a user namespace fails with ENOSPC, for real. The exec leaves no capability, also where root began.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from vigiles.kernel import namespaces

_ORDINARY = 1000


def main() -> None:
    uid, gid = os.geteuid(), os.getegid()
    namespaces.unshare(namespaces.NEWUSER)
    namespaces.map_self(uid or _ORDINARY, uid, gid or _ORDINARY, gid)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
