"""Which protocol one side speaks, by its first bytes."""

from __future__ import annotations

import re

from vigiles.model.observation.flow import Protocol
from vigiles.protocols.json_stream import first_value
from vigiles.protocols.malformed import Malformed
from vigiles.protocols.socks import greeting
from vigiles.protocols.stratum import recognise

#: A first flight that is still undecided after this many bytes is ``other``.
MAX_UNDECIDED = 16 * 1024
#: A request line with an unknown method is waited for this long, bytes.
MAX_LINE = 4096

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"CONNECT ", b"OPTIONS ", b"TRACE ", b"PATCH ", b"PROPFIND ")
# Any other method is one only by its whole line: mail and file transfer begin with a word and a space too.
_REQUEST_LINE = re.compile(rb"[A-Z][A-Z\-]{1,31} [^\r\n]+ HTTP/[0-9]")
_WORD = re.compile(rb"[A-Z][A-Z\-]{0,31}(?: [^\r\n]*)?\Z")
_STATUS = b"HTTP/1."


def classify(data: bytes, ended: bool = False) -> Protocol | None:
    """Return the protocol, or None while the bytes so far leave it open. ``ended``: the side will send nothing more."""
    found = _judge(data)
    if found is None and (ended or len(data) >= MAX_UNDECIDED):
        return "other" if data else "silent"
    return found


def _judge(data: bytes) -> Protocol | None:
    if not data:
        return None
    if data[0] == 0x16:
        return _tls(data)
    if _same(data, b"SSH-"):
        return "ssh" if len(data) >= 4 else None
    if data[0] in (4, 5):
        return _socks(data)
    if _same(data, _STATUS):
        return "http" if len(data) >= len(_STATUS) else None
    if data.startswith(_METHODS) or _REQUEST_LINE.match(data):
        return "http"
    if _WORD.match(data) and len(data) < MAX_LINE:
        return None
    if data.lstrip()[:1] in (b"{", b"["):
        return _json(data)
    return None if not data.strip() and len(data) < 64 else "other"


def _same(data: bytes, prefix: bytes) -> bool:
    """Whether ``data`` and ``prefix`` agree as far as both go."""
    length = min(len(data), len(prefix))
    return data[:length] == prefix[:length]


def _tls(data: bytes) -> Protocol | None:
    if len(data) > 1 and data[1] != 3:
        return "other"
    if len(data) < 6:
        return None
    # 1 is a ClientHello, 2 a ServerHello.
    return "tls" if data[5] in (1, 2) else "other"


def _socks(data: bytes) -> Protocol | None:
    try:
        found = greeting(data)
    except Malformed:
        return "other"
    if found is None:
        return None
    # Two or three bytes of any binary protocol can look like a SOCKS 5 greeting; a client sends it alone.
    return "socks" if found.version != "5" or len(data) == found.size or found.destination else "other"


def _json(data: bytes) -> Protocol | None:
    """Judge by the first message, a single one or a batch, once it is whole."""
    if not (b"}" in data or b"]" in data):
        return None
    whole, value = first_value(data)
    if not whole:
        return None
    for message in value if isinstance(value, list) else [value]:
        fact = recognise(message) if isinstance(message, dict) else None
        if fact is not None and fact.by == "name":
            return "stratum"
    return "other"
