"""The beginning of an episode: which cell it gets, its opening on record, the cell made or taken, tried and watched."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from vigiles.cell.spec import CellSpec
from vigiles.ledger.home_secret import load_or_make_secret
from vigiles.model.errors import ControlUnavailable, ProcessLost
from vigiles.model.plain import text
from vigiles.model.union import Recorded
from vigiles.ruleset.profile import Profile, Tier
from vigiles.runtime.approving import held
from vigiles.runtime.beginning import preparation
from vigiles.runtime.beginning.records import opening_records
from vigiles.runtime.beginning.warm import Kind, Lodging
from vigiles.runtime.outfitting import bare, outfit
from vigiles.runtime.outfitting.credentials import hold
from vigiles.runtime.outfitting.honey import mint
from vigiles.runtime.preflight.examine import examine, refuse
from vigiles.runtime.tier_r import TierR

if TYPE_CHECKING:
    from vigiles.runtime.episode import Episode


@dataclass(frozen=True)
class Place:
    """Where an episode works, and what its cell is like; see :func:`vigiles.runtime.beginning.opening.open_episode`."""

    workdir: Path
    extra_read: Sequence[str] = ()
    shim: bool = False
    tier: Tier | None = None
    rootfs: Path | None = None
    root_inside: bool = False

    def spec(self, profile: Profile, run: str, episode: str) -> CellSpec:
        """Return the cell as tier U has it. Raises InputInvalid."""
        return outfit.cell_spec(
            profile,
            run,
            episode,
            self.workdir,
            extra_read=list(self.extra_read),
            shim=self.shim,
            rootfs=self.rootfs,
            root_inside=self.root_inside,
        )


async def begin(episode: Episode, place: Place) -> None:
    """Record the ruleset and the opening, make the cell, probe it, record what is applied. Raises what stops a start."""
    services, profile = episode.services, episode.profile
    held.refuse_held(services.home, episode.coordinates.model_version)
    tier = await _tier(episode, place.tier)
    spec = place.spec(profile, episode.coordinates.run, episode.coordinates.episode)
    if tier == "U-":
        spec = bare.fit(spec)
    outfit.keep_home_out(services.home, spec)
    config = outfit.door_config(profile, episode.coordinates)
    episode.honey = mint(profile.honey, load_or_make_secret(services.home), episode.coordinates)
    if episode.honey is not None:
        # Such a cell is of no kind that is kept warm: its home and its door know this episode's tokens.
        spec = msgspec.structs.replace(spec, planted=episode.honey.files)
        placed = episode.honey.record
        config = msgspec.structs.replace(config, honey=placed.tokens, honey_salt=placed.salt)
    episode.credentials = hold(profile.egress.credentials, spec, episode.coordinates)
    if episode.credentials is not None:
        spec = msgspec.structs.replace(spec, planted={**spec.planted, **episode.credentials.files})
    warm = None if tier == "U-" else services.warm.take(Kind.of(spec, config, profile.budgets, in_r=tier == "R"))
    try:
        spec = _admitted(episode, spec, warm) if tier == "R" else spec
    except BaseException:
        if warm is not None:
            services.launcher.drop(warm.cell)
        raise
    # The cell is made while we look at what it would have and write the opening: nothing runs in it before that is done.
    opening: list[Recorded] = []
    episode.recorded = asyncio.ensure_future(_open(episode, spec, opening))
    try:
        try:
            if warm is not None:
                episode.cell = warm.cell
                await services.launcher.adopt(episode.cell, spec, episode.watch)
            else:
                groups = None if episode.admitted is None else episode.admitted[1]
                episode.cell = await services.launcher.make(spec, config if spec.network else None, episode.watch, groups)
        finally:
            await asyncio.shield(episode.recorded)
        for record in opening:
            episode.pipeline.see(record)
        await _entrust(episode)
        episode.pipeline.observe(await preparation.ready(episode))
    except BaseException:
        await episode.end("refused")
        raise
    episode.watch.start()


async def _open(episode: Episode, spec: CellSpec, opening: list[Recorded]) -> list[int]:
    """Look at what the cell would have, and record the opening, which is put into ``opening``. Raises what stops a start."""
    await preflight(episode, spec)
    if spec.workdir_mode != "overlay" or spec.write:
        await asyncio.to_thread(outfit.refuse_sockets, spec)  # other episodes' words must be heard meanwhile
    workdir = text(os.fsencode(spec.workdir))
    opening += opening_records(episode.coordinates, episode.principal, episode.ruleset, spec.tier, workdir)
    opening += [] if episode.preflight is None else [episode.preflight]
    opening += [] if episode.honey is None else [episode.honey.record]
    opening += [] if episode.credentials is None else [episode.credentials.record]
    return await episode.services.ledger.append(opening, True)


async def _entrust(episode: Episode) -> None:
    """Give the door the credentials, before anything runs in the cell. Raises ControlUnavailable."""
    if episode.credentials is None or episode.cell is None:
        return
    try:
        await episode.cell.entrust(episode.credentials.entrusted, episode.credentials.salt)
    except (TimeoutError, ProcessLost) as error:
        raise ControlUnavailable("credentials", "the door did not take them", "start again") from error


async def preflight(episode: Episode, spec: CellSpec) -> None:
    """Look at what the cell would have. What is found is on record, also where it stops the start. Raises Exposed."""
    key = load_or_make_secret(episode.services.home)
    record = await asyncio.to_thread(examine, episode.profile, spec, key, coordinates=episode.coordinates)
    episode.preflight = record
    if any(one.action == "refuse" for one in record.exposures):
        await episode.services.ledger.append([record], True)
        refuse(record)


async def _tier(episode: Episode, wanted: Tier | None) -> Tier:
    """Return the tier that the episode gets. Raises ControlUnavailable."""
    if await bare.chosen(episode.profile, wanted):
        bare.accept(episode.profile)
        return "U-"
    offered = episode.services.tier_r
    return outfit.reached(episode.profile, wanted, offered if isinstance(offered, ControlUnavailable) else None)


def _admitted(episode: Episode, spec: CellSpec, warm: Lodging | None) -> CellSpec:
    """Lend the episode what tier R has for a cell, and have its sensors watch that; return the cell as it is to be made."""
    tier_r = episode.services.tier_r
    assert isinstance(tier_r, TierR)
    lent = None if warm is None else warm.admitted
    uid, groups = episode.admitted = lent or tier_r.admit(episode.coordinates.episode, episode.profile.budgets)
    episode.watch.of_cell(groups.identity())
    denials = episode.profile.files.denials
    if denials:
        episode.watch.denials = tier_r.denials(episode.watch, uid)
    return outfit.in_tier_r(spec, uid, denials=denials)
