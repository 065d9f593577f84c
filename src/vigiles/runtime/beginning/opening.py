"""Opening an episode: the one way in for every face."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from vigiles.ledger.home import default_home
from vigiles.ledger.mint import new_id
from vigiles.model.coordinates import Coordinates
from vigiles.model.principal import PrincipalKind
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.load import load_with
from vigiles.ruleset.profile import Tier
from vigiles.runtime.beginning.beginning import Place
from vigiles.runtime.episode import Episode
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.services import Services


@asynccontextmanager
async def open_episode(
    *,
    profile: str | Path = "rl-rollout",
    workdir: Path,
    services: Services | None = None,
    home: Path | None = None,
    run: str | None = None,
    task: str | None = None,
    attempt: int | None = None,
    model_version: str | None = None,
    principal: str = "agent",
    principal_kind: PrincipalKind = "agent",
    extra_read: Sequence[str] = (),
    allow_hosts: Sequence[str] = (),
    allow_environment: Sequence[str] = (),
    shim: bool = False,
    tier: Tier | None = None,
    rootfs: Path | None = None,
    root_inside: bool = False,
) -> AsyncIterator[Episode]:
    """Open an episode and close it at the end of the block. Mints run (if not given) and episode.

    ``extra_read``, ``allow_hosts`` ("host:port") and ``allow_environment`` add to what the profile shows and allows.
    ``shim`` lays out the shell shim for an agent's root process (see :mod:`vigiles.runtime.serving.shim_server`).
    ``tier``: U-, U or R; None is the best that this machine and process can give, never below what the profile needs.
    ``rootfs``: a folder that is the cell's root in the place of the host's system folders; it stays as it is. With
    ``root_inside`` the workload is uid 0 there, without capabilities, and may change a private layer over it.
    ``services`` shares one recorder client and launcher among episodes; without, the episode has its own. Raises
    ``RulesetInvalid``, ``ControlUnavailable``, ``LedgerUnwritable``, ``InputInvalid``.
    """
    ruleset = load_with(profile, allow_hosts, allow_environment)
    own = services is None
    if own:
        # Before the home is made: one inside of what the cell would show is refused, and should not be left there.
        place = Place(workdir, extra_read, shim, tier, rootfs, root_inside)
        outfit.keep_home_out((home or default_home()).absolute(), place.spec(ruleset.profile, "", ""))
    shared = services if services is not None else await Services.start(home)
    try:
        coordinates = Coordinates(
            run=run or new_id("run"), episode=new_id("ep"), task=task, attempt=attempt, model_version=model_version
        )
        episode = Episode(shared, ruleset, coordinates, PrincipalRef(kind=principal_kind, name=principal))
        try:
            await episode.open(workdir, extra_read=extra_read, shim=shim, tier=tier, rootfs=rootfs, root_inside=root_inside)
            yield episode
        finally:
            await episode.close()
    finally:
        if own:
            await shared.close()
