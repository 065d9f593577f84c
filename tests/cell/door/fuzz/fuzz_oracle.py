"""What may never be, whatever is sent: judged from what the world outside heard and what the door told."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from collections import Counter
from typing import Any, get_args

import fuzz_lenient
from fuzz_binary import ALLOWED

from vigiles.cell.door.refusal import BAD_ANSWER, BUSY, FAULT, UNREACHABLE, forbidden
from vigiles.model.observation.flow import Flow
from vigiles.model.observation.http import HttpRequest
from vigiles.model.observation.sensor import Gap
from vigiles.model.reason import ReasonCode

#: The door keeps this much of a path.
_SHOWN = 256
_ENDS = ("close", "refused")
_OWN = (*(forbidden(reason) for reason in get_args(ReasonCode)), FAULT, UNREACHABLE, BAD_ANSWER, BUSY)
#: What the door's DNS makes up for the first name that a profile lists.
_MADE_UP = {ipaddress.ip_address(address).packed for address in ("198.18.0.1", "2001:2::c612:1")}


class Oracle:
    """Feed it what was heard and told, in any order; ``wrongs`` are what must not have been."""

    def __init__(self, authority: str, certificate: str) -> None:
        self._authority = authority
        self._hosts = {authority, authority.rpartition(":")[0]}
        self._open: dict[str, str] = {}
        self._ended: set[str] = set()
        self._told: Counter[tuple[str, str]] = Counter()
        self._came: Counter[tuple[str, str]] = Counter()
        self._names = _Names(certificate)
        self.wrongs: list[str] = []
        self.flows = self.requests = self.tunnels = self.connections = self._dialled = 0

    def told(self, message: Any) -> None:
        """Take one message from the door."""
        if isinstance(message, Gap):
            if message.what in ("door_fault", "flow_limit", "notifier_message"):
                self.wrongs.append(f"a gap: {message.what} {message.count}")
        elif isinstance(message, HttpRequest):
            self.requests += 1
            self._told[message.method, message.path] += 1
            if f"{message.host}:{message.port}" != self._authority:
                self.wrongs.append(f"a request was let out to {message.host}:{message.port}")
        elif isinstance(message, Flow):
            self._flow(message)

    def heard(self, data: bytes) -> None:
        """Take everything that one connection brought to the allowed host."""
        self.connections += 1
        if data[:1] == b"\x16":
            self.tunnels += 1
            self.wrongs += [f"{wrong}: {data[:400].hex()}" for wrong in self._names.wrong_in(data)]
            return
        if not data:
            return
        found = [fuzz_lenient.requests(data, habits) for habits in fuzz_lenient.READERS]
        if any(len(messages) != 1 for messages in found):
            self.wrongs.append(f"one connection, {[len(messages) for messages in found]} requests: {data[:2000]!r}")
            return
        unix, windows = (messages[0] for messages in found)
        if (unix.method, unix.target, unix.size) != (windows.method, windows.target, windows.size):
            self.wrongs.append(f"two readings of one request: {data[:2000]!r}")
        if any(len(one.hosts) != 1 or one.hosts[0] not in self._hosts for one in (unix, windows)):
            self.wrongs.append(f"a request for another host: {data[:2000]!r}")
        if not unix.target.startswith("/") and unix.target != "*":
            self.wrongs.append(f"a target that names a host: {data[:2000]!r}")
        self._came[unix.method, unix.target.partition("?")[0][:_SHOWN]] += 1

    def answered(self, data: bytes, methods: list[str], case: int) -> None:
        """Take what one client of the proxy port got for ``methods``: no reader may find more answers than requests."""
        for said in _OWN:
            # The door's own last word has a body even for HEAD, and ends the connection.
            if data.endswith(said):
                data = data[: -len(said)]
        for habits in fuzz_lenient.READERS:
            found = fuzz_lenient.answers(data, habits, methods)
            if len(found) > len(methods) or any(one.status < 200 for one in found):
                self.wrongs.append(
                    f"case {case}: {len(methods)} requests, {[one.status for one in found]} as answers: {data[:2000]!r}"
                )
                return

    def resolved(self, query: bytes, answer: bytes, case: int) -> None:
        """Take a DNS answer: it belongs to the query, and gives the listed name's address or none."""
        if len(answer) < 12 or answer[:2] != query[:2] or not answer[2] & 0x80:
            self.wrongs.append(f"case {case}: not an answer: {query.hex()} got {answer.hex()}")
            return
        rcode, records = _records(answer)
        if records and (rcode != 0 or not set(records) <= _MADE_UP):
            self.wrongs.append(f"case {case}: an answer that nobody gave: {query.hex()} got {answer.hex()}")

    def settle(self) -> None:
        """Judge what can be judged only when everything has ended."""
        self.wrongs += [f"flow {flow} of call {call} has no last record" for flow, call in self._open.items()]
        self.wrongs += [f"a request that the door did not tell of: {key}" for key in self._came - self._told]
        # A tunnel of plain HTTP dials once for each further request.
        if self.connections > self._dialled + self.requests:
            self.wrongs.append(f"{self.connections} connections outside, {self._dialled} flows that dialled")

    def _flow(self, flow: Flow) -> None:
        if flow.flow in self._ended:
            self.wrongs.append(f"a record of flow {flow.flow} after its last one")
        if any(mark.startswith("door.fault") for mark in flow.marks):
            self.wrongs.append(f"a fault in call {flow.attribution.call}: {flow.marks}")
        if flow.phase in _ENDS:
            self.flows += 1
            self._ended.add(flow.flow)
            self._open.pop(flow.flow, None)
            self._dialled += flow.address is not None
        else:
            self._open[flow.flow] = str(flow.attribution.call)


class _Names:
    """Which server name OpenSSL finds in a hello that the door let out: the door's reader and a real one must agree."""

    def __init__(self, certificate: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.set_alpn_protocols(["h2", "http/1.1"])
        self._named: list[str | None] = []

        def note(_sock: Any, name: str | None, _context: Any) -> None:
            self._named.append(name)

        self._context.sni_callback = note

    def wrong_in(self, data: bytes) -> list[str]:
        """Return what is wrong about the bytes of one TLS connection."""
        self._named = []
        incoming = ssl.MemoryBIO()
        incoming.write(data)
        engine = self._context.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True)
        with contextlib.suppress(ssl.SSLError):
            engine.do_handshake()
        wrongs = [f"OpenSSL reads the name {name!r}" for name in self._named if (name or "").lower() != ALLOWED]
        at = 0
        while at + 5 <= len(data):
            if not 20 <= data[at] <= 24 or data[at + 1] != 3:
                return [*wrongs, f"no TLS record at byte {at}"]
            at += 5 + int.from_bytes(data[at + 3 : at + 5], "big")
        return wrongs


def _records(answer: bytes) -> tuple[int, list[bytes]]:
    """Return the code and the data of the answer records of a DNS message with one question."""
    at = 12
    if int.from_bytes(answer[4:6], "big"):
        while answer[at]:
            at += 1 + answer[at]
        at += 5
    records = []
    for _ in range(int.from_bytes(answer[6:8], "big")):
        size = int.from_bytes(answer[at + 10 : at + 12], "big")
        records.append(answer[at + 12 : at + 12 + size])
        at += 12 + size
    return answer[3] & 15, records
