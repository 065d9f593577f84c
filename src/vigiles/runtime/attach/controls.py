"""Desired versus applied for a container that was there before: above all, what a cell has and this has not."""

from __future__ import annotations

import os
import platform

from vigiles.ledger.mint import new_id, now
from vigiles.model.cell import CellReady, Control
from vigiles.model.coordinates import Coordinates
from vigiles.model.plain import text
from vigiles.ruleset.profile import Profile
from vigiles.runtime.attach.place import AttachedPlace

#: What no container has that we did not make, and what that means.
WITHOUT = {
    "seccomp": "no listener: system calls are not judged, only seen by the kernel's programs",
    "Landlock": "files are not walled, and which files are read or written is not seen",
    "call split": "the whole container is one call",
    "probe": "nothing forbidden was tried inside",
    "budgets": "only bytes through the door are bounded; no limit of time, memory, processes",
    "other sockets": "Unix sockets and vsock are not watched; sockets that are only made have no record",
    "earlier sockets": "what was opened before is not seen to be opened",
}


def ready(coordinates: Coordinates, profile: Profile, place: AttachedPlace) -> CellReady:
    """Return the record of what is applied."""
    door = place.door
    raw = door is not None and door.may_send_raw()
    return CellReady(
        id=new_id("cel"),
        at=now(),
        coordinates=coordinates,
        tier="attached",
        kernel=platform.release(),
        controls=[
            Control(name="cgroup", applied=True, detail=text(os.fsencode(place.groups.path))),
            Control(name="BPF", applied=True, detail="fork, exec, exit, connect, send, egress bytes"),
            Control(name="kill and freeze", applied=True, detail="by control group"),
            Control(name="door", applied=door is not None, detail=profile.egress.mode if door else "watch only"),
            Control(name="nftables default drop", applied=door is not None, detail="" if door else "watch only"),
            Control(name="cut_egress", applied=door is not None, detail="" if door else "watch only: refused"),
            *(Control(name=name, applied=False, detail=why) for name, why in WITHOUT.items()),
            *([Control(name="raw packets", applied=False, detail="CAP_NET_RAW: AF_XDP could pass the door")] if raw else []),
        ],
        probes=[],
        landlock_abi=0,
    )
