"""The end of an episode: last looks, everything inside killed, changes applied, the end recorded."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vigiles.cell.changes.apply import Applied, apply
from vigiles.cell.changes.held_list import folder_of
from vigiles.cell.handle import Cell
from vigiles.ledger.mint import new_id, now
from vigiles.model.episode import EpisodeEnded
from vigiles.model.errors import ProcessLost
from vigiles.model.plain import text
from vigiles.runtime.applying import OURSELVES, record_of
from vigiles.runtime.tier_r import TierR
from vigiles.sensors.change import Change

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode


async def end(episode: Episode, reason: str) -> None:
    """Kill the cell and record what it leaves. The work directory gets its changes unless the profile discards them.

    Changes are read when the kernel says that everything inside is dead, so nothing writes meanwhile. Whatever fails on the
    way, the cell is killed, what was lent is given back and the end is on record.
    """
    cell = episode.cell
    leftover = 0
    try:
        if cell is not None and not cell.dead:
            episode.watch.stop()
            leftover = episode.watch.look()
            await _leave(episode, cell, leftover, apply=reason != "refused")
    finally:
        if cell is not None and not cell.dead:
            cell.kill()
        _dismiss(episode)
        await _record(episode, reason, leftover)


async def _leave(episode: Episode, cell: Cell, leftover: int, *, apply: bool) -> None:
    """Let nothing out any more, wait for the death of everything inside, give the work directory its changes."""
    cell.halt(True)
    # With nothing of the workload alive there is nothing to wait for: only we are left inside.
    dead = (not leftover and not episode.watch.unfinished()) or await _dead(cell)
    # Where not all that the notifier had to say has come, what the kernel saw last cannot be held against it.
    episode.watch.settle(last=cell.silent or not episode.watch.unfinished())
    await cell.shut_door()
    await episode.watch.look_at_files(thorough=True)
    if apply and dead:
        await _keep(episode, episode.watch.all_changes())
    elif apply and episode.watch.all_changes():
        _tell(episode, error="something inside would not end and may still write")


async def _dead(cell: Cell) -> bool:
    """Kill everything inside; return whether it is dead. What might still write is not applied."""
    try:
        if cell.groups is not None:
            with contextlib.suppress(OSError):  # init's death reaches them all the same
                cell.groups.kill()
        await cell.kill_inside()
    except ProcessLost:
        return False
    return True


def _dismiss(episode: Episode) -> None:
    """Give back what tier R lent; the cell is dead or never was."""
    if episode.admitted is not None and isinstance(episode.services.tier_r, TierR):
        episode.services.tier_r.dismiss(*episode.admitted)
        episode.admitted = None


async def _record(episode: Episode, reason: str, leftover: int) -> None:
    """Record the end of the episode, if its opening is on record."""
    if episode.recorded is None:
        return
    await asyncio.wait([episode.recorded])
    if episode.recorded.cancelled() or episode.recorded.exception() is not None:
        return
    episode.pipeline.observe(
        EpisodeEnded(
            id=new_id("eed"),
            at=now(),
            coordinates=episode.coordinates,
            reason=reason,  # type: ignore[arg-type]  # the callers in this room pass its literals
            leftover=leftover,
            cpu_us=episode.watch.total_cpu_us(),
        )
    )


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
