"""What the door answers to one DNS query: only addresses, only for names the profile lists, only within the limits."""

from __future__ import annotations

import ipaddress
from typing import Literal

import msgspec

from vigiles.cell.door.allowance import exceeds
from vigiles.cell.door.callers import Caller
from vigiles.cell.door.dial import Undialled
from vigiles.cell.door.door import Door
from vigiles.cell.door.flows.report import SENSOR
from vigiles.model.observation.dns import DnsQuery
from vigiles.model.reason import ReasonCode
from vigiles.protocols.dns import (
    AAAA,
    NOERROR,
    NXDOMAIN,
    REFUSED,
    SERVFAIL,
    A,
    Query,
    build_format_error,
    build_response,
    entropy_mbits,
    label_entropy_mbits,
    parse_query,
)
from vigiles.protocols.hidden import Name
from vigiles.protocols.malformed import Malformed
from vigiles.ruleset.egress import (
    HostInvalid,
    canonical_host,
    decide_address,
    decide_name,
    is_address,
    join_host_port,
    pinned_addresses,
)

#: Refused queries of one episode that get a record each; further ones are counted in gap records.
MAX_REFUSED_RECORDS = 1000
_MAX_ADDRESSES = 8

Outcome = Literal["answered", "refused", "nxdomain", "malformed"]


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """``rcode`` goes on the wire, ``outcome`` and ``reason`` into the record."""

    rcode: int
    outcome: Outcome
    reason: ReasonCode = "allowed"
    addresses: list[str] = []
    carries: Name = Name(size=0, carried=0, names=0)


class Answerer:
    """Counts and answers the queries of one episode."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._asked = 0
        self._refused = 0
        self._listed = {key.rpartition(":")[0] for key in door.egress.hosts}

    async def answer(self, data: bytes, caller: Caller, limit: int | None) -> bytes | None:
        """Return the answer to a message, None for what deserves none. ``limit``: bytes, None for UDP's own limit."""
        try:
            return await self._answer(data, caller, limit)
        except Exception:
            return self.failed(data)

    def failed(self, data: bytes) -> bytes | None:
        """Count an error of ours and return the SERVFAIL that says so, None for a message that deserves no answer."""
        self._door.report.fold("door_fault")
        try:
            return build_response(parse_query(data), SERVFAIL)
        except Exception:
            return build_format_error(data)

    async def _answer(self, data: bytes, caller: Caller, limit: int | None) -> bytes | None:
        self._asked += 1
        try:
            query = parse_query(data)
        except Malformed:
            self._record(None, data, caller, _Answer(rcode=1, outcome="malformed", reason="egress_malformed"))
            return build_format_error(data)
        hidden = self._door.allowance.hidden(caller.call)
        carries = hidden.name(query.name, self._listed)
        judged = await self._judge(query, caller, len(data), hidden.names if carries.size else 0)
        answer = msgspec.structs.replace(judged, carries=carries)
        self._record(query, data, caller, answer)
        return build_response(
            query, answer.rcode, answer.addresses, limit=limit or query.udp_size, prohibited=answer.outcome == "refused"
        )

    async def _judge(self, query: Query, caller: Caller, size: int, hidden: int) -> _Answer:
        door = self._door
        barred = door.roll.barred(caller.call)
        if barred is not None:
            return _Answer(rcode=REFUSED, outcome="refused", reason=barred)
        if not door.allowance.spend(caller.call, size):
            return _Answer(rcode=REFUSED, outcome="refused", reason="budget_egress")
        egress = door.egress
        if not door.observing and self._asked > egress.dns_max_queries:
            return _Answer(rcode=REFUSED, outcome="refused", reason="dns_budget")
        if not door.observing and exceeds(hidden, door.config.exfil_dns_bytes_call):
            return _Answer(rcode=REFUSED, outcome="refused", reason="budget_exfil")
        owner = query.name if query.qtype in (A, AAAA) else _owner(query.name)
        verdict = decide_name(egress, owner) if query.plain else "egress_malformed"
        if verdict not in ("allowed", "allowed_observe"):
            if not door.observing and label_entropy_mbits(query.name) > egress.dns_max_label_entropy_mbits:
                return _Answer(rcode=REFUSED, outcome="refused", reason="dns_budget")
            # NXDOMAIN, not REFUSED: stub resolvers report REFUSED as a passing fault of the network and ask again.
            return _Answer(rcode=NXDOMAIN, outcome="refused", reason=verdict)
        if owner != query.name:
            # Where a service of a listed host is, if not at its name (apt asks): nowhere else. Nothing is looked up.
            return _Answer(rcode=NXDOMAIN, outcome="nxdomain", reason=verdict)
        if query.qtype not in (A, AAAA):
            # An existing name without such records; above all no HTTPS or SVCB, which would carry ECH keys.
            return _Answer(rcode=NOERROR, outcome="answered", reason=verdict)
        try:
            addresses = await self._addresses(canonical_host(query.name))
        except (Undialled, HostInvalid):
            return _Answer(rcode=NXDOMAIN, outcome="nxdomain", reason=verdict)
        wanted = [address for address in addresses if (":" in address) == (query.qtype == AAAA)][:_MAX_ADDRESSES]
        return _Answer(rcode=NOERROR, outcome="answered", reason=verdict, addresses=wanted)

    async def _addresses(self, host: str) -> list[str]:
        """Return what ``host`` is answered with. Raises :class:`Undialled` where only its real addresses tell."""
        synthetic = self._door.synthetic
        if synthetic is None or is_address(host):
            return await self._real(host)
        if self._door.observing and not pinned_addresses(self._door.egress, host):
            # Whether a name exists stays to be seen, and one that means this very machine means the cell.
            own = [address for address in await self._door.dialler.resolve(host) if _is_own(address)]
            if own:
                return own
        four, six = synthetic.give(host)
        return [four, six] if self._door.six else [four]

    async def _real(self, host: str) -> list[str]:
        door = self._door
        pinned = pinned_addresses(door.egress, host)
        found = pinned or await door.dialler.resolve(host)
        ports = [int(key.rpartition(":")[2]) for key in door.egress.hosts if key == join_host_port(host, _port(key))]
        good = [
            one
            for one in found
            if door.observing or any(decide_address(door.egress, host, port, one) == "allowed" for port in ports)
        ]
        for address in good:
            door.names.gave(host, address)
        return good

    def _record(self, query: Query | None, data: bytes, caller: Caller, answer: _Answer) -> None:
        if answer.outcome in ("refused", "malformed"):
            self._refused += 1
            if self._refused > MAX_REFUSED_RECORDS:
                self._door.report.fold("dns_query")
                return
        name = query.name if query is not None else ""
        ident, at, where = self._door.report.head(caller)
        self._door.report.send(
            DnsQuery(
                id=ident,
                at=at,
                coordinates=where,
                sensor=SENSOR,
                attribution=caller.attribution,
                name=name,
                qtype=query.qtype_name if query is not None else "",
                outcome=answer.outcome,
                answers=answer.addresses,
                reason=answer.reason,
                bytes=len(data),
                entropy_mbits=entropy_mbits(name),
                hidden_bytes=answer.carries.size,
                carried_bytes=answer.carries.carried,
                names_below=answer.carries.names,
            )
        )


def _owner(name: str) -> str:
    """Return the host of which ``name`` is an attribute (RFC 8552): without its first labels that begin with ``_``."""
    labels = name.split(".")
    while len(labels) > 1 and labels[0].startswith("_"):
        del labels[0]
    return ".".join(labels)


def _is_own(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return ip.is_loopback or ip.is_unspecified


def _port(key: str) -> int:
    return int(key.rpartition(":")[2])
