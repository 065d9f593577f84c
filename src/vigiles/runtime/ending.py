"""The end of an episode: last looks, everything inside killed, changes applied, the end recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigiles.cell.apply import Applied, apply

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode


async def end(episode: Episode, reason: str) -> None:
    """Kill the cell and record what it leaves. The work directory gets its changes unless the profile discards them."""
    cell = episode.cell
    leftover = 0
    if cell is not None and not cell.dead:
        episode.watch.stop()
        episode.watch.look()
        leftover = len(episode.watch.snapshot())
        cell.halt(True)
        episode.watch.kill_all()
        await cell.shut_door()
        episode.watch.look_at_files()
        if reason != "refused":
            episode.applied = _apply(episode)
        cell.kill()
    episode.record_end(reason, leftover, episode.watch.total_cpu_us())


def _apply(episode: Episode) -> Applied | None:
    files = episode.profile.files
    cell = episode.cell
    if cell is None or cell.upper < 0 or files.apply == "discard":
        return None
    changes = episode.watch.all_changes()
    if not changes:
        return None
    held_dir = episode.services.home / "held-files" / episode.coordinates.episode
    spec = cell.spec
    held = set(files.held) if files.apply == "review" else set()
    return apply(changes, cell.upper, spec.workdir, held, held_dir, host_root=spec.host_root)
