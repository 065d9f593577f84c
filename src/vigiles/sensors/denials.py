"""From audit records about Landlock to observations of one episode's calls; pure.

Each call has a Landlock domain of its own, which its processes inherit and cannot shed, so the domain says the call. A
program can put up a further domain of its own. Where both refuse, the kernel names only the youngest, and it logs nothing
if that program asked for silence. So denials tell of attempts; their absence proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from vigiles.model.attribution import NOBODY, Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.observation.denial import Denied
from vigiles.sensors.landlock_audit import Access, Caller, Domain, End, RecordMalformed, SwitchedOff, parse
from vigiles.sensors.records import Fresh

_WAITING = 4_096
_DOMAINS = 16_384
#: Settlings that a denial waits for a call to become known: about two seconds.
_ROUNDS = 8


class Denials:
    """The denials of one episode's calls out of the machine's audit records.

    ``call_of``: the call that a host pid belongs or belonged to; None where there is none, more than one, or none *yet*: it
    is asked again until an event is settled. ``coordinates``: a call's. ``fresh``: a new record's id and time. ``uid``: the
    cell's, where no other process of the machine has it. Then what has another uid is not ours, whatever its pid, and what
    has it is ours, also if no call is known. Without it only what leads to a call is ours.

    Domains beyond 16,384 and unfinished events beyond 4,096 push out the oldest; that costs a creator or a caller at most.
    """

    def __init__(
        self,
        *,
        call_of: Callable[[int], int | None],
        coordinates: Callable[[int | None], Coordinates],
        fresh: Fresh,
        uid: int | None = None,
    ) -> None:
        self._call_of = call_of
        self._coordinates = coordinates
        self._fresh = fresh
        self._uid = uid
        self._domains: dict[str, _Known] = {}
        self._waiting: dict[str, list[Access]] = {}
        self._waited: dict[str, int] = {}
        self._missed: dict[str, int] = {}

    def feed(self, records: Iterable[tuple[int, bytes]]) -> list[Denied]:
        """Take audit records in their order; return an observation for each denial whose event and call are complete."""
        found: list[Denied] = []
        for kind, record in records:
            try:
                said = parse(kind, record)
            except RecordMalformed:
                self._miss("audit_record_malformed", 1)
                continue
            if isinstance(said, Access):
                self._waiting.setdefault(said.event, []).append(said)
                if len(self._waiting) > _WAITING:
                    found += self._finish(next(iter(self._waiting)))
            elif isinstance(said, Domain):
                self._note(said)
            elif isinstance(said, Caller) and said.event in self._waiting:
                self._waiting[said.event] = [
                    replace(one, pid=said.pid, uid=said.uid, exe=said.exe) for one in self._waiting[said.event]
                ]
            elif isinstance(said, End):
                if all(self._by_domain(one.domain) is not None for one in self._waiting.get(said.event, ())):
                    found += self._finish(said.event)
            elif isinstance(said, SwitchedOff):
                self._miss("audit_switched_off", 1)
        return found

    def settle(self, *, final: bool = False) -> list[Denied]:
        """Return the denials that have waited since the last settling for an end, or some settlings for a call; ``final``:
        all that wait.

        Call it a few times a second: where the kernel does not track system calls events have no end, and who a pid is may
        become known a little later than what it was refused.
        """
        self._waited = {event: self._waited.get(event, -1) + 1 for event in self._waiting}
        due = [event for event, rounds in self._waited.items() if final or rounds >= (1 if self._known(event) else _ROUNDS)]
        found = [denied for event in due for denied in self._finish(event)]
        for domain, known in list(self._domains.items()):
            if known.settled or final:
                known.asks = False
                if known.total is not None:
                    self._retire(domain, known)
            elif not known.settled:
                known.settled = True
        return found

    def take_missed(self) -> dict[str, int]:
        """Return what was not told since the last time this was asked, by kind, for :func:`vigiles.sensors.records.gaps`.

        ``landlock_denial``: counted by a domain of ours and never seen; ``audit_record_malformed``; ``audit_switched_off``.
        """
        missed, self._missed = self._missed, {}
        return missed

    def _known(self, event: str) -> bool:
        return all(
            self._by_domain(one.domain) is not None or (one.pid is not None and self._call_of(one.pid) is not None)
            for one in self._waiting[event]
        )

    def _miss(self, what: str, count: int) -> None:
        self._missed[what] = self._missed.get(what, 0) + count

    def _note(self, said: Domain) -> None:
        known = self._domains.get(said.domain)
        if said.allocated:
            if known is None and self._ours(said.uid):  # another cell's flood must not push out what is known of this one
                self._domains[said.domain] = _Known(creator=said.pid, uid=said.uid)
                # Asked at once: a pid may be somebody else's by the time the domain refuses again.
                self._by_domain(said.domain)
                if len(self._domains) > _DOMAINS:
                    del self._domains[next(iter(self._domains))]
        elif known is not None:
            known.total = said.denials
            known.settled = False  # what it refused may still wait

    def _by_domain(self, domain: str) -> int | None:
        known = self._domains.get(domain)
        if known is None or not self._ours(known.uid):
            return None
        if known.call is None and known.asks and known.creator is not None:
            known.call = self._call_of(known.creator)
        return known.call

    def _ours(self, uid: int | None) -> bool:
        return self._uid is None or uid in (None, self._uid)

    def _retire(self, domain: str, known: _Known) -> None:
        total = known.total or 0
        ours = known.call is not None or (self._uid is not None and known.uid == self._uid)
        if ours and self._ours(known.uid) and total > known.seen:
            self._miss("landlock_denial", total - known.seen)
        del self._domains[domain]

    def _finish(self, event: str) -> list[Denied]:
        return [denied for one in self._waiting.pop(event, ()) if (denied := self._observe(one)) is not None]

    def _observe(self, one: Access) -> Denied | None:
        known = self._domains.get(one.domain)
        if known is not None:
            known.seen += 1
        uid = one.uid if known is None else known.uid
        if not self._ours(uid):
            return None
        by_domain = self._by_domain(one.domain)
        by_pid = None if one.pid is None else self._call_of(one.pid)
        if by_domain is None and by_pid is None and (self._uid is None or uid is None):
            return None
        record, at = self._fresh()
        attribution = attribute(by_domain, by_pid)
        return Denied(
            id=record,
            at=at,
            coordinates=self._coordinates(attribution.call),
            sensor="landlock",
            attribution=attribution,
            domain=one.domain,
            blockers=list(one.blockers),
            path=one.path,
            address=one.address,
            port=one.port,
            other_pid=one.other_pid,
            pid=one.pid,
            exe=one.exe,
            creator_pid=None if known is None else known.creator,
            event=one.event,
        )


@lru_cache(maxsize=256)
def attribute(by_domain: int | None, by_pid: int | None) -> Attribution:
    """Return whose a denial is: exact by the domain, inferred by the pid alone, with both answers where they differ."""
    if by_domain is None:
        return NOBODY if by_pid is None else Attribution(grade="inferred", call=by_pid)
    doubt = [f"landlock={by_domain}", f"pid={by_pid}"] if by_pid not in (None, by_domain) else []
    return Attribution(grade="exact", call=by_domain, methods=["landlock"], disagreement=doubt)


@dataclass(slots=True)
class _Known:
    """A domain that has refused something: who put it up, its call, how many denials were told, how many there were in all.

    ``asks``: its creator may still become known; later its pid may be another's.
    """

    creator: int | None
    uid: int | None
    call: int | None = None
    seen: int = 0
    total: int | None = None
    asks: bool = True
    settled: bool = False
