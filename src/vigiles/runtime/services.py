"""What one supervisor process has once, whatever the number of its episodes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from vigiles.cell.groups import new_name
from vigiles.cell.launching import Launcher
from vigiles.kernel import forks
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home, default_home
from vigiles.model.cell import ProbeResult
from vigiles.model.errors import ControlUnavailable
from vigiles.ruleset.load import load_with
from vigiles.ruleset.profile import Tier
from vigiles.runtime.beginning.warm import NOWHERE, Kind, WarmCells
from vigiles.runtime.detecting import baseline
from vigiles.runtime.detecting.across import Across
from vigiles.runtime.outfitting import bare, outfit
from vigiles.runtime.outfitting.own_root import on_own_root
from vigiles.runtime.tier_r import TierR
from vigiles.runtime.to_the_end import to_the_end

if TYPE_CHECKING:
    from vigiles.runtime.notify.keeper import Keeper
    from vigiles.runtime.notify.worker import Worker


@dataclass
class Services:
    """A client of the home's recorder and a launcher. Use as ``async with await Services.start(home)``.

    ``tier_r``: what root adds, or why it is not there. ``warm``: cells kept ready. ``probed``: what was tried in cells of
    each kind, as far as this process knows it. ``notifier``: tells people of incidents, where they asked for that.
    ``across``: what looks at all its episodes together.
    """

    home: Path
    ledger: RecorderClient
    launcher: Launcher
    tier_r: TierR | ControlUnavailable
    warm: WarmCells
    probed: dict[str, list[ProbeResult]] = field(default_factory=dict)
    notifier: Keeper | None = None
    across: Across = field(default_factory=Across)

    @classmethod
    async def start(cls, home: Path | None = None) -> Services:
        """Connect to the recorder of ``home`` (starting it if none runs) and start a launcher, side by side.

        A start that is cancelled goes on until all parts stand, and ends them.
        """
        return await to_the_end(cls._start(home), cls.close)

    @classmethod
    async def _start(cls, home: Path | None) -> Services:
        where = (home or default_home()).absolute()
        Home(where).prepare()
        across = Across(baseline.load(Home(where)).baseline)
        notifier = _kept(where, await asyncio.to_thread(_notifier, Home(where)))
        name = new_name()
        tier_r, launcher, ledger = await asyncio.gather(
            asyncio.to_thread(_tier_r, name),
            Launcher.start(name if os.geteuid() == 0 else ""),
            RecorderClient.connect(where),
            return_exceptions=True,
        )
        try:
            for made in (launcher, ledger, tier_r):
                if isinstance(made, BaseException) and not (made is tier_r and isinstance(made, ControlUnavailable)):
                    raise made
            assert isinstance(launcher, Launcher)
            assert isinstance(ledger, RecorderClient)
            assert isinstance(tier_r, TierR | ControlUnavailable)
            forks.let_go(ledger.forked)
            if isinstance(tier_r, TierR):
                tier_r.listen()
        except BaseException:
            await _closed(launcher, tier_r, ledger, notifier)
            raise
        warm = WarmCells(launcher, tier_r if isinstance(tier_r, TierR) else None)
        return cls(where, ledger, launcher, tier_r, warm, notifier=notifier, across=across)

    async def keep_warm(
        self,
        profile: str | Path = "rl-rollout",
        count: int = 4,
        *,
        extra_read: Sequence[str] = (),
        allow_hosts: Sequence[str] = (),
        allow_environment: Sequence[str] = (),
        shim: bool = False,
        tier: Tier | None = None,
        rootfs: Path | None = None,
        root_inside: bool = False,
    ) -> None:
        """Keep cells ready for episodes that are opened with these same words; 0 ends that. Return when they stand.

        A warm cell costs its processes (a prepared init, a notifier, with a network a door) and no CPU. Raises
        ``RulesetInvalid``, ``ControlUnavailable``, ``InputInvalid``.
        """
        chosen = load_with(profile, allow_hosts, allow_environment).profile
        best = self.tier_r if isinstance(self.tier_r, ControlUnavailable) else None
        if await bare.chosen(chosen, tier):
            raise ControlUnavailable("warm cells", "tier U- has none", "open episodes without preparing cells")
        in_r = outfit.reached(chosen, tier, best) == "R"
        prepared = outfit.prepared_spec(chosen, list(extra_read), shim=shim, interpreters=rootfs is None)
        spec = on_own_root(prepared, rootfs, root_inside=root_inside)
        await self.warm.keep(Kind.of(spec, outfit.door_config(chosen, NOWHERE), chosen.budgets, in_r=in_r), count)

    async def close(self) -> None:
        """End the launcher (and every cell), then write what is left to the ledger. Not left in the middle if cancelled."""
        await to_the_end(self._close())

    async def _close(self) -> None:
        try:
            await self.warm.close()
        finally:
            await _closed(self.launcher, self.tier_r, self.ledger, self.notifier)

    async def __aenter__(self) -> Services:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _notifier(home: Home) -> Worker | None:
    if not home.settings.exists():
        return None
    from vigiles.runtime.notify.worker import start

    return start(home.path)


def _kept(home: Path, worker: Worker | None) -> Keeper | None:
    if worker is None:
        return None
    from vigiles.runtime.notify.keeper import Keeper

    return Keeper(home, worker)


async def _closed(launcher: object, tier_r: object, ledger: object, notifier: Keeper | None) -> None:
    """Close those that were made, in this order from the first; one that fails to close keeps no other open."""
    async with AsyncExitStack() as closing:
        if notifier is not None:
            closing.push_async_callback(notifier.close)
        if isinstance(ledger, RecorderClient):
            closing.push_async_callback(ledger.close)
        if isinstance(tier_r, TierR):
            closing.callback(tier_r.close)
        if isinstance(launcher, Launcher):
            closing.push_async_callback(launcher.close)


def _tier_r(name: str) -> TierR | ControlUnavailable:
    try:
        return TierR.open(name)
    except ControlUnavailable as error:
        return error
