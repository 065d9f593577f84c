"""DNS queries read strictly, answers built from scratch (RFC 1035, RFC 6891 for EDNS, RFC 8914 for extended errors).

Only the questions a stub resolver asks are taken: one question, class IN, no compression (a question has nothing to point
to), nothing after it but one OPT record. Nothing of the query but its question is ever copied into an answer.
"""

from __future__ import annotations

import ipaddress
import math
import struct
from collections import Counter
from collections.abc import Sequence

import msgspec

from vigiles.protocols.malformed import Malformed

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = 0, 1, 2, 3, 4, 5
A, AAAA = 1, 28
#: RFC 8914: the name is blocked by the operator's rules.
EDE_PROHIBITED = 18

_OPT = 41
_TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 35: "NAPTR",
    43: "DS", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS", 251: "IXFR", 252: "AXFR", 255: "ANY", 257: "CAA",
}  # fmt: skip


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One question. ``name`` is dotted text without the root's dot; a byte that is not printable ASCII is ``\\DDD``.

    ``plain`` says that no byte had to be escaped. ``udp_size`` is what the client can take, bytes; ``edns`` whether it
    speaks EDNS. ``question`` are the question's bytes, to be echoed.
    """

    id: int
    name: str
    plain: bool
    qtype: int
    recursion: bool
    edns: bool
    udp_size: int
    question: bytes

    @property
    def qtype_name(self) -> str:
        """The type's name, ``TYPE123`` for one not known."""
        return _TYPES.get(self.qtype, f"TYPE{self.qtype}")


def parse_query(data: bytes) -> Query:
    """Return the query in one message (without TCP's length). Raises :class:`Malformed`."""
    if len(data) < 12:
        raise Malformed("dns: shorter than a header")
    ident, flags, questions, answers, authority, additional = struct.unpack_from("!6H", data)
    if flags & 0x8000:
        raise Malformed("dns: not a query")
    if flags & 0x7800:
        raise Malformed("dns: not a standard query")
    if questions != 1 or answers or authority or additional > 1:
        raise Malformed("dns: not exactly one question")
    labels, at = _labels(data, 12)
    if len(data) < at + 4:
        raise Malformed("dns: the question is cut off")
    qtype, qclass = struct.unpack_from("!HH", data, at)
    if qclass != 1:
        raise Malformed("dns: not class IN")
    end = at + 4
    udp_size = 512
    if additional:
        udp_size, tail = _opt(data, end)
    else:
        tail = end
    if tail != len(data):
        raise Malformed("dns: bytes after the message")
    name = ".".join(_escape(label) for label in labels)
    return Query(
        id=ident, name=name, plain="\\" not in name, qtype=qtype, recursion=bool(flags & 0x0100), edns=bool(additional),
        udp_size=max(512, min(udp_size, 4096)), question=data[12:end],
    )  # fmt: skip


def _labels(data: bytes, at: int) -> tuple[list[bytes], int]:
    labels: list[bytes] = []
    start = at
    while True:
        if at >= len(data):
            raise Malformed("dns: the name is cut off")
        length = data[at]
        at += 1
        if length == 0:
            break
        if length > 63:
            raise Malformed("dns: a label too long, or a pointer in a question")
        if at + length > len(data):
            raise Malformed("dns: the name is cut off")
        labels.append(data[at : at + length])
        at += length
        if at - start > 254:
            raise Malformed("dns: the name is too long")
    return labels, at


def _opt(data: bytes, at: int) -> tuple[int, int]:
    if len(data) < at + 11 or data[at] != 0:
        raise Malformed("dns: the additional record is not OPT")
    kind, size, _ttl, length = struct.unpack_from("!HHIH", data, at + 1)
    if kind != _OPT or len(data) < at + 11 + length:
        raise Malformed("dns: the additional record is not OPT")
    return size, at + 11 + length


def _escape(label: bytes) -> str:
    return "".join(chr(b) if 33 <= b < 127 and b not in (0x2E, 0x5C) else f"\\{b:03d}" for b in label)


def build_response(
    query: Query, rcode: int, addresses: Sequence[str] = (), *, ttl: int = 30, limit: int = 65535, prohibited: bool = False
) -> bytes:
    """Return the answer to ``query``: ``addresses`` of the family it asked for, others left out.

    An answer longer than ``limit`` is sent without records and with TC set. ``prohibited`` adds RFC 8914's "Prohibited"
    where the client speaks EDNS, so that a refusal can be told from a name that does not exist.
    """
    size = {A: 4, AAAA: 16}.get(query.qtype)
    packed = [one for one in (ipaddress.ip_address(address).packed for address in addresses) if len(one) == size]
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", query.qtype, 1, ttl, len(one)) + one for one in packed)
    count = len(packed)
    opt = b""
    if query.edns:
        options = struct.pack("!HHH", 15, 2, EDE_PROHIBITED) if prohibited else b""
        opt = b"\0" + struct.pack("!HHIH", _OPT, 1232, 0, len(options)) + options
    flags = 0x8080 | (0x0100 if query.recursion else 0) | rcode
    if 12 + len(query.question) + len(records) + len(opt) > limit:
        records, count, flags = b"", 0, flags | 0x0200
    return struct.pack("!6H", query.id, flags, 1, count, 0, int(bool(opt))) + query.question + records + opt


def build_format_error(data: bytes) -> bytes | None:
    """Return a FORMERR for a message that did not parse, None when it has no id or is itself an answer."""
    if len(data) < 12 or data[2] & 0x80:
        return None
    return data[:2] + struct.pack("!5H", 0x8000 | FORMERR, 0, 0, 0, 0)


def entropy_mbits(text: str) -> int:
    """Return the Shannon entropy of ``text``, thousandths of a bit a character."""
    if not text:
        return 0
    total = len(text)
    return round(1000 * -sum(n / total * math.log2(n / total) for n in Counter(text).values()))


def label_entropy_mbits(name: str, shortest: int = 16) -> int:
    """Return the highest entropy among labels of at least ``shortest`` characters; shorter ones say nothing."""
    return max((entropy_mbits(label.lower()) for label in name.split(".") if len(label) >= shortest), default=0)
