"""Both directions of one connection, listened to: what protocol it is, and the facts worth keeping as marks.

Listening never changes and never refuses anything; bytes that a parser cannot read are simply not understood further. Sides
are named from the client's point of view: ``o`` is what it sends, ``i`` what it gets.
"""

from __future__ import annotations

from typing import Literal

from vigiles.model.observation.flow import Protocol
from vigiles.model.plain import text
from vigiles.protocols.first_flight import MAX_UNDECIDED, classify
from vigiles.protocols.http import HeadReader, request_head, response_head, tokens, values
from vigiles.protocols.malformed import Malformed
from vigiles.protocols.socks import greeting
from vigiles.protocols.ssh import SshStream
from vigiles.protocols.stratum import StratumScanner
from vigiles.protocols.tls import ClientHelloParser
from vigiles.protocols.tls_sizes import RecordSizes
from vigiles.protocols.websocket import FrameReader

Side = Literal["o", "i"]

#: How many marks a conversation keeps, and characters of each value.
MAX_MARKS = 48
MAX_VALUE = 256
#: How many sizes after SSH's NEWKEYS are kept, both directions together.
MAX_SIZES = 48
#: How many sizes of encrypted TLS records are kept of each direction: a handshake, and the opening of what is inside.
MAX_RECORDS = 32
#: An SSH banner is looked for within this many bytes of what a proxy handshake precedes.
_WRAPPED = 1024


class _Ear:
    """One direction: its first bytes until they are classified, then the parser that fits."""

    def __init__(self) -> None:
        self.first = bytearray()
        self.protocol: Protocol | None = None
        self.hello: ClientHelloParser | None = None
        self.head: HeadReader | None = None
        self.ssh: SshStream | None = None
        self.frames: FrameReader | None = None
        self.records: RecordSizes | None = None


class Dialogue:
    """Feed what is read; ask ``protocol``, ``sni``, ``method``, ``path`` and ``marks`` at any time."""

    def __init__(self) -> None:
        self._ears: dict[Side, _Ear] = {"o": _Ear(), "i": _Ear()}
        self._stratum = StratumScanner()
        self._mining = False
        self._wrapper = False
        self._unwrapped: dict[Side, int] = {"o": 0, "i": 0}
        self._marks: dict[str, str] = {}
        self._sizes: list[str] = []
        self._records: list[str] = []
        self.sni: str | None = None
        self.method: str | None = None
        self.path: str | None = None

    @property
    def marks(self) -> list[str]:
        """The facts so far, ``key=value``, in the order they were learnt; ``ssh.first`` lists ``o44``, ``i52`` ... and so
        does ``tls.first``, the sizes of the first encrypted records.
        """
        marks = [key if not value else f"{key}={value}" for key, value in self._marks.items()]
        lists = (("ssh.first", self._sizes), ("tls.first", self._records))
        return [*marks, *(f"{key}={','.join(sizes)}" for key, sizes in lists if sizes)]

    @property
    def protocol(self) -> Protocol:
        """The protocol as far as it is known, by first bytes: the client's, or the server's where they tell more.

        What HTTP or SOCKS carries shows in the marks (``ssh.client``, ``stratum.method``), not here.
        """
        out, back = self._ears["o"].protocol, self._ears["i"].protocol
        if out in (None, "other") and back == "ssh":
            return "ssh"
        if out in (None, "other") and self._mining:
            return "stratum"
        return out or back or "unknown"

    @property
    def carries(self) -> bool:
        """Whether SSH or mining was heard, plainly or inside something."""
        return self._mining or any(ear.ssh is not None for ear in self._ears.values())

    @property
    def decided(self) -> bool:
        """Whether the protocol is known."""
        return self.protocol != "unknown"

    def deaf(self, side: Side) -> bool:
        """Whether nothing more can be learnt from this side: feeding it would do nothing."""
        ear = self._ears[side]
        if ear.protocol is None or ear.hello or ear.head or ear.ssh or ear.frames or ear.records:
            return False
        if self._wrapper and self._unwrapped[side] < _WRAPPED:
            return False
        return ear.protocol == "tls" or self._stratum.deaf(side)

    def feed(self, side: Side, data: bytes) -> bool:
        """Listen to ``data``; return True when a new mark or a protocol was learnt by it. Never raises."""
        before = (len(self._marks), self.protocol)
        ear = self._ears[side]
        framed = ear.frames is not None
        if ear.protocol is None:
            ear.first += data
            ear.protocol = classify(bytes(ear.first[:MAX_UNDECIDED]))
            if ear.protocol is not None:
                self._begin(side, ear, bytes(ear.first))
        else:
            self._continue(side, ear, data)
        self._mine(side, ear, data, framed)
        return (len(self._marks), self.protocol) != before

    def end(self, side: Side) -> None:
        """The side will send nothing more."""
        ear = self._ears[side]
        if ear.protocol is None and ear.first:
            ear.protocol = classify(bytes(ear.first), ended=True)

    def _mark(self, key: str, value: str = "") -> None:
        name = f"{key}={value}" if key == "stratum.method" else key
        if name not in self._marks and len(self._marks) < MAX_MARKS:
            self._marks[name] = "" if name != key else text(value)[:MAX_VALUE]

    def _begin(self, side: Side, ear: _Ear, data: bytes) -> None:
        if ear.protocol == "tls":
            ear.records = RecordSizes(MAX_RECORDS)
            ear.hello = ClientHelloParser() if side == "o" else None
        elif ear.protocol == "http":
            ear.head = HeadReader()
        elif ear.protocol == "ssh":
            ear.ssh = SshStream()
        elif ear.protocol == "socks" and side == "o":
            self._wrapper = True
            found = greeting(data)
            self._mark("socks.version", found.version if found else "")
            if found and found.destination:
                self._mark("socks.to", found.destination)
        self._continue(side, ear, data)

    def _continue(self, side: Side, ear: _Ear, data: bytes) -> None:
        if ear.records is not None:
            self._records += [f"{side}{size}" for size in ear.records.feed(data)]
            ear.records = None if ear.records.done else ear.records
        try:
            if ear.hello is not None:
                self._hello(ear, data)
            elif ear.head is not None:
                self._head(side, ear, data)
            elif ear.ssh is not None:
                self._ssh(side, ear.ssh, data)
            elif self._wrapper and self._unwrapped[side] < _WRAPPED:
                self._unwrap(side, ear, data)
        except Malformed:
            ear.hello = ear.head = ear.ssh = ear.frames = None

    def _hello(self, ear: _Ear, data: bytes) -> None:
        hello = ear.hello.feed(data) if ear.hello else None
        if hello is None:
            return
        ear.hello = None
        self.sni = hello.sni
        if hello.alpn:
            self._mark("tls.alpn", ",".join(hello.alpn[:8]))
        if hello.ech:
            self._mark("tls.ech", "yes")

    def _head(self, side: Side, ear: _Ear, data: bytes) -> None:
        reader = ear.head
        lines = reader.feed(data) if reader else None
        if reader is None or lines is None:
            return
        ear.head = None
        if side == "o":
            request = request_head(lines)
            self.method, self.path = request.method, text(request.target)[:MAX_VALUE]
            for host in values(request.fields, "host"):
                self._mark("http.host", host)
            if request.method == "CONNECT":
                self._wrapper = True
                self._mark("http.connect", request.target)
            if "websocket" in tokens(request.fields, "upgrade"):
                self._mark("http.upgrade", "websocket")
                ear.frames = FrameReader()
        else:
            response = response_head(lines)
            self._mark("http.status", str(response.status))
            if response.status == 101 and "websocket" in tokens(response.fields, "upgrade"):
                ear.frames = FrameReader()
        if self._wrapper and reader.rest:
            self._unwrap(side, ear, reader.rest)
        elif ear.frames is not None and reader.rest:
            self._frames(side, ear, reader.rest)

    def _unwrap(self, side: Side, ear: _Ear, data: bytes) -> None:
        """Behind a SOCKS or CONNECT handshake: an SSH banner begins a conversation of its own."""
        at = data.find(b"SSH-2.0-")
        if at >= 0:
            ear.ssh = SshStream()
            self._ssh(side, ear.ssh, data[at:])
        self._unwrapped[side] += len(data)

    def _ssh(self, side: Side, stream: SshStream, data: bytes) -> None:
        size = stream.feed(data)
        banner = stream.facts.banner
        if banner is not None:
            self._mark("ssh.client" if side == "o" else "ssh.server", banner)
        if size and len(self._sizes) < MAX_SIZES:
            self._sizes.append(f"{side}{size}")

    def _mine(self, side: Side, ear: _Ear, data: bytes, framed: bool) -> None:
        """``framed``: ``data`` came wholly after an upgrade to WebSocket."""
        if self._stratum.exhausted or ear.protocol in ("tls", "ssh") or ear.ssh is not None:
            return
        if framed:
            self._frames(side, ear, data)
        else:
            self._found(self._stratum.feed(side, data))

    def _frames(self, side: Side, ear: _Ear, data: bytes) -> None:
        try:
            payloads = ear.frames.feed(data) if ear.frames else []
        except Malformed:
            ear.frames = None
            return
        for payload in payloads:
            if payload.startswith(b"SSH-2.0-") and ear.ssh is None:
                ear.ssh, ear.frames = SshStream(), None
                self._ssh(side, ear.ssh, payload)
                return
            self._found(self._stratum.feed(side, payload))

    def _found(self, methods: list[str]) -> None:
        for method in methods:
            self._mining = True
            self._mark("stratum.method", method)
