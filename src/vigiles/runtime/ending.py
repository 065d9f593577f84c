"""The end of an episode: last looks, everything inside killed, changes applied, the end recorded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigiles.cell.apply import Applied, apply
from vigiles.cell.handle import Cell
from vigiles.cell.held_list import folder_of
from vigiles.model.errors import ProcessLost
from vigiles.model.plain import text
from vigiles.runtime.applying import OURSELVES, record_of
from vigiles.sensors.change import Change

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode


async def end(episode: Episode, reason: str) -> None:
    """Kill the cell and record what it leaves. The work directory gets its changes unless the profile discards them.

    Changes are read when the kernel says that everything inside is dead, so nothing writes meanwhile.
    """
    cell = episode.cell
    leftover = 0
    try:
        if cell is not None and not cell.dead:
            leftover = await _wind_up(episode, cell, reason)
    finally:
        # Whatever fails above: the cell does not outlive its episode, and the end is on record.
        if cell is not None and not cell.dead:
            cell.kill()
        episode.dismiss()
        episode.record_end(reason, leftover, episode.watch.total_cpu_us())


async def _wind_up(episode: Episode, cell: Cell, reason: str) -> int:
    """Look for the last time, kill everything inside, give the work directory its changes; return how many were alive."""
    episode.watch.stop()
    leftover = episode.watch.look()
    cell.halt(True)
    # With nothing of the workload alive there is nothing to wait for: only we are left inside.
    dead = (not leftover and not episode.watch.unfinished()) or await _dead(cell)
    # Where not all that the notifier had to say has come, what the kernel saw last cannot be held against it.
    episode.watch.settle(last=cell.silent or not episode.watch.unfinished())
    await cell.shut_door()
    await episode.watch.look_at_files(thorough=True)
    if reason != "refused" and dead:
        await _keep(episode, episode.watch.all_changes())
    elif reason != "refused" and episode.watch.all_changes():
        _tell(episode, error="something inside would not end and may still write")
    return leftover


async def _dead(cell: Cell) -> bool:
    """Kill everything inside; return whether it is dead. What might still write is not applied."""
    try:
        if cell.groups is not None:
            cell.groups.kill()
        await cell.kill_inside()
    except ProcessLost:
        return False
    return True


async def _keep(episode: Episode, changes: list[Change]) -> None:
    """Give the work directory its changes, as the profile has it, and record that."""
    if not changes or episode.cell is None or episode.cell.upper < 0:
        return
    if episode.profile.files.apply == "discard":
        _tell(episode, discarded=len(changes))
        return
    try:
        done = await asyncio.to_thread(_apply, episode, episode.cell, changes)
    except Exception as error:
        _tell(episode, error=text(str(error)))
        raise
    episode.applied = done
    _tell(episode, applied=done.applied, held=done.held, stripped=len(done.stripped))


def _tell(episode: Episode, **said: Any) -> None:
    episode.pipeline.observe(record_of(episode.coordinates, OURSELVES, "episode_end", **said))


def _apply(episode: Episode, cell: Cell, changes: list[Change]) -> Applied:
    files = episode.profile.files
    held_dir = held_folder(episode)
    spec = cell.spec
    held = set(files.held) if files.apply == "review" else set()
    return apply(changes, cell.upper, spec.workdir, held, held_dir, host_root=spec.host_root)


def held_folder(episode: Episode) -> Path:
    """Return where files lie that were held back at apply."""
    return folder_of(episode.services.home, episode.coordinates.episode)
