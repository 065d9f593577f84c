"""Before the first call: the probe, and the record of desired versus applied."""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
from typing import TYPE_CHECKING

from vigiles.cell import probe as tried
from vigiles.cell import syscalls
from vigiles.cell.spec import CallSpec
from vigiles.ledger.mint import boot_id, new_id, now
from vigiles.model.cell import CellReady, Control
from vigiles.model.errors import ControlUnavailable, ProcessLost
from vigiles.runtime import outfit

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

_PROBE_S = 10.0


async def probe(episode: Episode) -> CellReady:
    """Do the forbidden things inside, behind a call's walls, and return what is applied.

    Once per boot and code version everything is tried; later cells try what is cheap. Raises :class:`ControlUnavailable`
    naming the first thing that was not stopped.
    """
    cell = episode.cell
    assert cell is not None
    stamp = episode.services.home / "probed" / _machine()
    full = not stamp.exists()
    reader, writer = os.pipe2(os.O_CLOEXEC)
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        call = CallSpec(
            call=0,
            argv=["full" if full else "cheap"],
            environment={},
            cwd=cell.spec.workdir,
            limits=outfit.limits(episode.profile),
            probe=True,
        )
        running = await cell.launch(call, [null, writer, null])
    finally:
        os.close(writer)
        os.close(null)
    try:
        async with asyncio.timeout(_PROBE_S):
            exited = await running.ended
    except TimeoutError:
        raise ProcessLost("the cell's probe did not end", "run `vigiles doctor`") from None
    with os.fdopen(reader, "rb") as file:
        data = file.read()
    if exited.code != 0 or not data:
        raise ControlUnavailable("probe", f"it ended with {exited.code or exited.signal}", "run `vigiles doctor`")
    results = tried.read_report(data)
    for breach in tried.breaches(results):
        raise ControlUnavailable(
            f"probe {breach.name}",
            f"a forbidden thing was not refused inside the cell ({breach.detail})",
            "do not use this machine for agents; report it with the output of `vigiles doctor --json`",
        )
    if full:
        stamp.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp.touch()
    return CellReady(
        id=new_id("cel"),
        at=now(),
        coordinates=episode.coordinates,
        tier=cell.spec.tier,
        kernel=platform.release(),
        controls=_controls(episode),
        probes=results,
        landlock_abi=cell.landlock_abi,
    )


def _machine() -> str:
    """Name everything that the result of the full probe depends on: the boot, the filter, who we are."""
    tried_things = ",".join(attempt.name for attempt in tried.FULL)
    digest = hashlib.sha256(syscalls.program() + tried_things.encode()).hexdigest()[:16]
    return f"{boot_id()}-{digest}-{os.geteuid()}"


def _controls(episode: Episode) -> list[Control]:
    """Desired versus applied. What could not be applied stopped the start, so what stands here unapplied was not asked for
    or does not exist in this tier."""
    cell = episode.cell
    assert cell is not None
    spec, limits = cell.spec, outfit.limits(episode.profile)
    return [
        Control(name="user namespace", applied=True, detail="host root dropped" if spec.host_root else "unprivileged"),
        Control(name="mount view", applied=True, detail=f"workdir {spec.workdir_mode}"),
        Control(name="Landlock", applied=cell.landlock_abi > 0, detail=f"ABI {cell.landlock_abi}"),
        Control(name="network namespace", applied=True, detail="no route"),
        Control(name="door", applied=cell.door is not None, detail=episode.profile.egress.mode),
        Control(name="seccomp", applied=True, detail="deny list and listener per call"),
        Control(name="UTS tag", applied=True),
        Control(name="process limit", applied=limits.processes > 0, detail=str(limits.processes or "")),
        Control(name="memory limit per process", applied=limits.memory_bytes > 0, detail=str(limits.memory_bytes or "")),
        Control(name="total memory limit", applied=False, detail="not possible in tier U"),
        Control(name="disk limit", applied=True, detail=f"{spec.tmp_bytes} bytes, {spec.tmp_inodes} inodes"),
        Control(name="uid per cell", applied=False, detail="tier R"),
    ]
