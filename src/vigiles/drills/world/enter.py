"""``python -m vigiles.drills.world.enter -- argv...``: run a command in a fresh world's network namespace.

Without root a user namespace comes first, in which the user's own id maps to itself: after the exec nothing holds a
capability, inside or outside, which is wanted. With root only the network namespace is new. The command dies with its
parent.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from vigiles.drills.world import addresses
from vigiles.kernel import namespaces, privileges, rtnetlink
from vigiles.model.errors import ControlUnavailable, InputInvalid, VigilesError

_UNPRIVILEGED_PORTS = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_REMEDY = "allow user namespaces for your user (`vigiles doctor` names the setting) or play the drill as root"


def inside() -> bool:
    """Return whether this process stands in a world: the drill's addresses are ours and nothing leads out."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((addresses.NETWORK[0], 0))
        except OSError:
            return False
    return [name for _, name in socket.if_nameindex()] == ["lo"]


def make() -> None:
    """Move this (single-threaded) process into a new world. Raises :class:`ControlUnavailable`."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        if uid == 0:
            namespaces.unshare(namespaces.NEWNET)
        else:
            namespaces.unshare(namespaces.NEWUSER | namespaces.NEWNET)
            namespaces.map_self(uid, uid, gid, gid)
        rtnetlink.link_up("lo")
        for address, prefix in (addresses.NETWORK, addresses.METADATA_NETWORK):
            rtnetlink.add_address("lo", address, prefix)
        # So that ordinary servers stand on their real ports (22, 80, 443) without a capability.
        _UNPRIVILEGED_PORTS.write_text("0")
    except OSError as error:
        raise ControlUnavailable("drill world", f"no network namespace of its own: {error}", _REMEDY) from error
    if not inside():
        raise ControlUnavailable("drill world", "the new network namespace is not sealed", _REMEDY)


def main(argv: list[str]) -> NoReturn:
    """Enter a new world and become ``argv``; exits with the error's code if that fails."""
    parent = os.getppid()
    try:
        if len(argv) < 2 or argv[0] != "--":
            raise InputInvalid("nothing to run in the world", "give a command after --")
        make()
        privileges.die_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)
        os.execvp(argv[1], argv[1:])
    except VigilesError as error:
        sys.stderr.write(f"vigiles: {error}\n  what to do: {error.remedy}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        sys.stderr.write(f"vigiles: cannot run {argv[1]!r}: {error}\n")
        sys.exit(InputInvalid.exit_code)


if __name__ == "__main__":
    main(sys.argv[1:])
