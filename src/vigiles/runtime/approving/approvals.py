"""Approvals of a running episode: while an act waits, the ledger is watched for grants of it.

Whoever grants appends to the ledger through the recorder (``vigiles approvals``); the supervisor takes no grant's word, but
checks each itself against the register as it is at that moment. One that does not count is answered by a verdict that says
why; the act waits on.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Callable, Mapping
from pathlib import Path

from vigiles.gate.approvals import Answer, still_held
from vigiles.gate.gate import Ledger
from vigiles.ledger.mint import now
from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.effect import Effect
from vigiles.model.grant import Grant
from vigiles.model.principal import Principal
from vigiles.model.union import Recorded
from vigiles.model.verdict import Verdict
from vigiles.ruleset.grants import Hearing, Terms
from vigiles.ruleset.profile import Approvals as Settings
from vigiles.runtime.approving.principals import registered, run_by
from vigiles.runtime.listening import tell

_POLL_S = 0.15
#: So long before the end of the wait it is said who is missing: the gate itself knows only that time is up.
_LAST_US = 20_000
_NOBODY = 2**32 - 1


class LedgerApprovals:
    """Answers holds from the ledger of one home. ``told`` hears of each act that begins to wait."""

    def __init__(self, home: Path, settings: Settings, ledger: Ledger, seen: Callable[[Recorded], None]) -> None:
        self._home = home
        self._settings = settings
        self._ledger = ledger
        self._seen = seen
        self._used: set[str] = set()
        self.told: Callable[[tuple[Act, Verdict]], None] | None = None

    def wait_us(self, act: Act, held: Verdict) -> int:
        """Return how long the profile lets acts wait; what persons and Vigiles itself do never waits."""
        return 0 if act.kind in ("approval", "response") else self._settings.wait_seconds * 1_000_000

    async def ask(self, act: Act, held: Verdict, effect: Effect | None) -> Answer:
        """Watch for grants of the act until enough count, one refuses, or the time is nearly over."""
        assert held.expires_us is not None
        tell(self.told, (act, held))
        hearing = Hearing(act, self._used)
        after = -1
        while True:
            known, grants = await asyncio.to_thread(self._look, act, after)
            terms = self._terms(held, known)
            for index, grant in grants:
                after = index
                heard = hearing.hear(grant, terms, known, now().wall_us)
                if heard.decided and heard.reason is not None:
                    return Answer(approved=heard.reason == "granted", reason=heard.reason)
                if heard.reason is not None:
                    verdict = still_held(held, heard.reason, grant.id)
                    self._ledger.post(verdict)
                    self._seen(verdict)
            left_us = held.expires_us - _LAST_US - now().wall_us
            if left_us <= 0:
                return Answer(approved=False, reason=hearing.late())
            await asyncio.sleep(min(_POLL_S, left_us / 1_000_000))

    def _terms(self, held: Verdict, known: Mapping[str, Principal]) -> Terms:
        operators = {*self._settings.run_by, *run_by(known, logins())}
        return Terms(
            persons=held.persons or 1, approvers=tuple(self._settings.approvers), operators=tuple(sorted(operators))
        )

    def _look(self, act: Act, after: int) -> tuple[dict[str, Principal], list[tuple[int, Grant]]]:
        """Return who is registered, and the grants of the act's call that came after an index."""
        where = act.coordinates
        with LedgerReader(self._home) as reader:
            found = [
                (index, record)
                for index, record in reader.records(
                    type="grant",
                    episode=None if where is None else where.episode,
                    call=None if where is None else where.call,
                    after=after,
                )
                if isinstance(record, Grant)
            ]
        return (registered(self._home) if found else {}), found


def logins() -> set[str]:
    """Return as whom this process runs, as the kernel tells: its user, and who logged in before becoming that user."""
    uids = {os.getuid()}
    try:
        with open("/proc/self/loginuid", encoding="ascii") as file:
            login = int(file.read())
    except (OSError, ValueError):
        login = _NOBODY
    if login != _NOBODY:
        uids.add(login)
    names = set()
    for uid in uids:
        try:
            names.add(pwd.getpwuid(uid).pw_name)
        except KeyError:
            names.add(f"uid-{uid}")
    return names
