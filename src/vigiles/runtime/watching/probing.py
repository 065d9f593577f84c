"""Doing the forbidden things inside a cell, behind a call's walls, to see that they fail.

Everything is tried once per boot for each kind of cell and version of the walls, and the results are kept; a cell whose
kind was tried in this boot starts on the kept results. While an episode runs, the cheap attempts are made again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from vigiles import cell, kernel
from vigiles.cell.attempt import breaches, read_report
from vigiles.cell.spec import CallSpec
from vigiles.ledger.mint import boot_id
from vigiles.model.cell import ProbeResult
from vigiles.model.errors import ControlUnavailable, ProcessLost
from vigiles.runtime.outfitting import outfit

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode

#: The number that the probe's calls carry; what they try is in their own report and nowhere else.
CALL = 0
_PATIENCE_S = 10.0
_EARLIER = "tried earlier in this boot"
_decoder = msgspec.json.Decoder(list[ProbeResult])


async def before(episode: Episode) -> tuple[list[ProbeResult], str]:
    """Return what was tried and whether it was stopped, and where that is known from.

    Raises :class:`ControlUnavailable` naming the first thing that was not stopped.
    """
    kind = _kind(episode)
    known = episode.services.probed.get(kind)
    if known is not None:
        return known, _EARLIER
    place = episode.services.home / "probed" / kind
    try:
        results = episode.services.probed[kind] = _decoder.decode(place.read_bytes())
        return results, _EARLIER
    except (OSError, msgspec.DecodeError):
        results = await attempt(episode, full=True)
    episode.services.probed[kind] = results
    new = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_bytes(msgspec.json.encode(results))
        new.replace(place)
    except OSError:  # a full disk: the next supervisor tries again
        with contextlib.suppress(OSError):
            new.unlink()
    return results, "tried in this cell"


async def attempt(episode: Episode, *, full: bool) -> list[ProbeResult]:
    """Try in this cell now. Raises :class:`ControlUnavailable` for a breach, :class:`ProcessLost` if there is no answer."""
    cell = episode.cell
    assert cell is not None
    call = CallSpec(
        call=CALL,
        argv=[b"full" if full else b"cheap", *([b"own root"] if cell.spec.root_inside else [])],
        environment={},
        cwd=os.fsencode(cell.spec.workdir),
        limits=outfit.limits(episode.profile),
        probe=True,
    )
    reader, writer = os.pipe2(os.O_CLOEXEC)
    with os.fdopen(reader, "rb") as file:
        try:
            null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            try:
                running = await cell.launch(call, [null, writer, null])
            finally:
                os.close(null)
        finally:
            os.close(writer)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                exited = await running.ended
        except TimeoutError:
            raise ProcessLost("the cell's probe did not end", "run `vigiles doctor`") from None
        data = file.read()
    if exited.code != 0:
        raise ControlUnavailable("probe", f"it ended with {exited.code or exited.signal}", "run `vigiles doctor`")
    try:
        results = read_report(data)
    except msgspec.DecodeError:
        raise ControlUnavailable("probe", "its report was cut short", "run `vigiles doctor`") from None
    for breach in breaches(results):
        raise ControlUnavailable(
            f"probe {breach.name}",
            f"a forbidden thing was not refused inside the cell ({breach.detail})",
            "do not use this machine for agents; report it with the output of `vigiles doctor --json`",
        )
    return results


def _kind(episode: Episode) -> str:
    """Name everything that the results depend on: the boot, who we are, the kind of cell, the code of the walls."""
    assert episode.cell is not None
    spec = episode.cell.spec
    bare = "bare-" if spec.private else ""
    kind = f"{bare}{spec.workdir_mode}-{spec.network}-{spec.redirect}-{spec.host_root}-{episode.cell.landlock_abi}"
    kind += f"-{bool(spec.rootfs)}-{spec.root_inside}"
    return f"{boot_id()}-{os.geteuid()}-{kind}-{_walls()}"


@lru_cache(maxsize=1)
def _walls() -> str:
    """Return a digest of the code that puts up and tries the walls."""
    digest = hashlib.sha256()
    for folder in (Path(cell.__file__).parent, Path(kernel.__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
