"""Before the first call: what was asked for and what is applied, as one record."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from vigiles.cell.authority import fingerprint
from vigiles.cell.handle import Cell
from vigiles.ledger.mint import new_id, now
from vigiles.model.cell import CellReady, Control
from vigiles.model.errors import ControlUnavailable
from vigiles.model.plain import text
from vigiles.ruleset.profile import Egress
from vigiles.runtime.outfitting import bare, outfit
from vigiles.runtime.watching import probing

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode


async def ready(episode: Episode) -> CellReady:
    """Return desired versus applied for an episode whose cell stands. Raises what the probe raises."""
    cell = episode.cell
    assert cell is not None
    results, known = await probing.before(episode)
    return CellReady(
        id=new_id("cel"),
        at=now(),
        coordinates=episode.coordinates,
        tier=cell.spec.tier,
        kernel=platform.release(),
        controls=[*_controls(episode), Control(name="probe", applied=True, detail=known)],
        probes=results,
        landlock_abi=cell.landlock_abi,
    )


def _controls(episode: Episode) -> list[Control]:
    """Desired versus applied. What could not be applied stopped the start, so what stands here unapplied was not asked for
    or does not exist in this tier."""
    cell = episode.cell
    assert cell is not None
    if cell.spec.tier == "U-":
        bounds = outfit.limits(episode.profile)
        stands = bare.controls(cell.spec, cell.landlock_abi, bounds.processes, bounds.memory_bytes)
        return [*_termination(cell, episode.profile.egress), *stands]
    spec, limits, offered = cell.spec, outfit.limits(episode.profile), episode.services.tier_r
    in_r, total = spec.tier == "R", episode.profile.budgets.memory_bytes_cell or 0
    why_not = str(offered) if isinstance(offered, ControlUnavailable) else "tier U was asked for"
    return [
        Control(name="user namespace", applied=True, detail="host root dropped" if spec.host_root else "unprivileged"),
        Control(name="mount view", applied=True, detail=f"workdir {spec.workdir_mode}"),
        *([Control(name="root file system", applied=True, detail=text(os.fsencode(spec.rootfs)))] if spec.rootfs else []),
        *([Control(name="root inside", applied=True, detail="uid 0, no capabilities")] if spec.root_inside else []),
        Control(name="Landlock", applied=cell.landlock_abi > 0, detail=f"ABI {cell.landlock_abi}"),
        Control(name="network namespace", applied=True, detail="no route"),
        Control(name="door", applied=cell.door is not None, detail=episode.profile.egress.mode),
        *_termination(cell, episode.profile.egress),
        Control(name="seccomp", applied=True, detail="deny list and listener per call"),
        Control(name="UTS tag", applied=True),
        Control(name="process limit", applied=limits.processes > 0, detail=str(limits.processes or "")),
        Control(name="memory limit per process", applied=limits.memory_bytes > 0, detail=str(limits.memory_bytes or "")),
        Control(name="total memory limit", applied=total > 0, detail=str(total or "") if in_r else "not possible in tier U"),
        Control(name="disk limit", applied=True, detail=f"{spec.tmp_bytes} bytes, {spec.tmp_inodes} inodes"),
        Control(name="uid per cell", applied=in_r, detail=str(spec.uid) if in_r else why_not),
        Control(name="cgroup per call", applied=in_r, detail="" if in_r else why_not),
        Control(name="nftables default drop", applied=in_r, detail="" if in_r else why_not),
        Control(name="BPF", applied=in_r, detail="" if in_r else why_not),
        Control(name="Landlock denials", applied=spec.denials, detail="" if spec.denials else "files.denials is off"),
    ]


def _termination(cell: Cell, egress: Egress) -> list[Control]:
    """Return what a cell that terminates TLS trusts; nothing where TLS is passed on."""
    known = cell.spec.trust
    if known is None:
        return []
    more = [f"{len(egress.trust)} files of roots beside this machine's"] if egress.trust else []
    detail = ", ".join([f"own authority, SHA-256 {fingerprint(known.certificate)}", *more])
    return [Control(name="TLS termination", applied=True, detail=detail)]
