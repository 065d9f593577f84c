"""What one supervisor process has once, whatever the number of its episodes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from vigiles.cell.handle import Launcher
from vigiles.ledger.client import RecorderClient
from vigiles.ledger.home import Home, default_home
from vigiles.model.cell import ProbeResult


@dataclass
class Services:
    """A client of the home's recorder and a launcher. Use as ``async with await Services.start(home)``.

    ``probed``: what was tried in cells of each kind, as far as this process knows it.
    """

    home: Path
    ledger: RecorderClient
    launcher: Launcher
    probed: dict[str, list[ProbeResult]] = field(default_factory=dict)

    @classmethod
    async def start(cls, home: Path | None = None) -> Services:
        """Connect to the recorder of ``home`` (starting it if none runs) and start a launcher, side by side."""
        where = (home or default_home()).absolute()
        Home(where).prepare()
        launcher, ledger = await asyncio.gather(Launcher.start(), RecorderClient.connect(where), return_exceptions=True)
        for made in (launcher, ledger):
            if isinstance(made, BaseException):
                if isinstance(launcher, Launcher):
                    await launcher.close()
                if isinstance(ledger, RecorderClient):
                    await ledger.close()
                raise made
        assert isinstance(launcher, Launcher)
        assert isinstance(ledger, RecorderClient)
        return cls(where, ledger, launcher)

    async def close(self) -> None:
        """End the launcher (and every cell), then write what is left to the ledger."""
        await self.launcher.close()
        await self.ledger.close()

    async def __aenter__(self) -> Services:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
