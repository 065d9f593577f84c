"""Which way an SSH connection works, read from sizes, directions and times alone; nothing is decrypted.

The size of every encrypted packet follows from the packet format (RFC 4253 section 6: length, padding length, payload, at
least four bytes of padding, tag). So after authentication the first messages of RFC 4254 can be told apart: a session
channel, a request to forward a port (``tcpip-forward``), OpenSSH's ``no-more-sessions`` alone. And whoever opens the talk
again after a silence is the side that *uses* the connection: in a reverse tunnel that is the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from vigiles.model.observation.flow import Chunk

#: A silence that ends one exchange and lets the next show who leads; longer than a round trip and a typist's pause.
IDLE_US = 350_000

Opening = Literal["unknown", "session", "forward_request", "no_session"]


class Cipher(NamedTuple):
    """Block size and tag length in bytes; with an encrypted or authenticated length the padded part excludes it."""

    block: int
    tag: int

    def size(self, payload: int) -> int:
        """Return the bytes on the wire of a packet with ``payload`` bytes."""
        padded = -(-(payload + 5) // self.block) * self.block
        return 4 + padded + self.tag


#: chacha20-poly1305, AES-GCM, AES-CTR with HMAC-SHA-256-ETM, the same with SHA-512.
CIPHERS = (Cipher(8, 16), Cipher(16, 16), Cipher(16, 32), Cipher(16, 64))
_SERVICE_ACCEPT, _AUTH_SUCCESS, _PORT_REPLY = 17, 1, 5
_NO_MORE_SESSIONS, _SESSION_OPEN, _CONFIRM = 34, 24, 17
_FORWARD_EMPTY, _FORWARD_LONGEST = 27, 127


class SshSigns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What sizes and times say. ``opening``: the client's first message after authentication.

    ``server_led`` exchanges were begun by the server after a silence and answered by the client with data; ``client_led``
    were begun by the client. Keepalives count for neither. ``server_first``: the first exchange of all was server-led.
    """

    authenticated: bool
    opening: Opening = "unknown"
    server_led: int = 0
    client_led: int = 0
    server_first: bool = False


def ssh_signs(chunks: Sequence[Chunk]) -> SshSigns:
    """Return the signs in the first reads of an SSH flow, in order.

    Where authentication was not recognised (another cipher, merged reads, not there yet) only the lead is judged.
    """
    found = _after_authentication(chunks)
    if found is None:
        server_led, client_led = who_leads(chunks)
        return SshSigns(authenticated=False, server_led=server_led, client_led=client_led)
    cipher, rest = found
    exchanges = _exchanges(rest)
    led = [_leader(exchange, cipher) for exchange in exchanges[1:]]
    leaders = [leader for leader in led if leader is not None]
    return SshSigns(
        authenticated=True,
        opening=_opening(exchanges[0] if exchanges else [], cipher),
        server_led=leaders.count("i"),
        client_led=leaders.count("o"),
        server_first=leaders[:1] == ["i"],
    )


def _after_authentication(chunks: Sequence[Chunk]) -> tuple[Cipher, list[Chunk]] | None:
    """Find service-accept, then the success packet, the smallest there is; return the cipher and what follows."""
    cipher = None
    from_server = 0
    for index, chunk in enumerate(chunks):
        if chunk.direction == "o":
            continue
        from_server += 1
        if cipher is None and from_server > 2:
            cipher = next((c for c in CIPHERS if c.size(_SERVICE_ACCEPT) == chunk.size), None)
        elif cipher is not None and chunk.size == cipher.size(_AUTH_SUCCESS):
            return cipher, list(chunks[index + 1 :])
    return None


def _exchanges(chunks: Sequence[Chunk]) -> list[list[Chunk]]:
    """Split at silences."""
    exchanges: list[list[Chunk]] = []
    for index, chunk in enumerate(chunks):
        if index == 0 or chunk.at_us - chunks[index - 1].at_us >= IDLE_US:
            exchanges.append([])
        exchanges[-1].append(chunk)
    return exchanges


def _opening(first: Sequence[Chunk], cipher: Cipher) -> Opening:
    sent = [chunk.size for chunk in first if chunk.direction == "o"]
    if not sent:
        return "unknown"
    no_more, session = cipher.size(_NO_MORE_SESSIONS), cipher.size(_SESSION_OPEN)
    forwards = set(range(cipher.size(_FORWARD_EMPTY), cipher.size(_FORWARD_LONGEST) + 1, cipher.block))
    distinct = forwards - {no_more, session, no_more + session}
    start = next(index for index, chunk in enumerate(first) if chunk.direction == "o")
    replies = [chunk.size for chunk in first[start + 1 :] if chunk.direction == "i"]
    granted = {cipher.size(_AUTH_SUCCESS), cipher.size(_PORT_REPLY)}
    confirmed = cipher.size(_CONFIRM) in replies[:3]
    if sent[0] in forwards and cipher.size(_AUTH_SUCCESS) in replies[:3] and not confirmed:
        return "forward_request"
    if sent[0] in distinct and (sent[1:2] in ([no_more], [no_more + session]) or bool(granted & set(replies[:3]))):
        return "forward_request"
    if any(sent[0] in (size + no_more, size + no_more + session) for size in distinct):
        return "forward_request"
    if sent[0] in (session, no_more + session) or (sent[0] == no_more and sent[1:2] == [session]):
        return "session"
    return "no_session" if sent[0] == no_more else "unknown"


def _leader(exchange: Sequence[Chunk], cipher: Cipher) -> Literal["o", "i"] | None:
    """Return who began the exchange; None for a keepalive, a server's push without answer, a farewell."""
    answered = [c.size for c in exchange if c.direction != exchange[0].direction]
    if exchange[0].direction == "i":
        return "i" if max(answered, default=0) >= cipher.size(_CONFIRM) else None
    return "o" if any(size > cipher.size(_AUTH_SUCCESS) for size in answered) else None


def who_leads(chunks: Sequence[Chunk], skip: int = 8) -> tuple[int, int]:
    """Return (server-led, client-led) exchanges of a flow of any protocol, its first ``skip`` reads (set-up) left out.

    An exchange counts for the server only if the client answers with more than an acknowledgement would need.
    """
    led = [_leader(exchange, CIPHERS[0]) for exchange in _exchanges(list(chunks[skip:]))]
    return led.count("i"), led.count("o")
