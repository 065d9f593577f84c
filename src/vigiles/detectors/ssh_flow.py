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


#: chacha20-poly1305; AES-CTR with UMAC-64-ETM; AES-GCM or UMAC-128-ETM; HMAC-SHA-256-ETM; HMAC-SHA-512-ETM. The first two
#: cannot be told apart before the session: both are tried.
CIPHERS = (Cipher(8, 16), Cipher(16, 8), Cipher(16, 16), Cipher(16, 32), Cipher(16, 64))
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
    ciphers, rest = found
    exchanges = _exchanges(rest)
    first = exchanges[0] if exchanges else []
    leaders = [leader for exchange in exchanges[1:] if (leader := _leader(exchange, ciphers[0])) is not None]
    return SshSigns(
        authenticated=True,
        opening=_opening(first, ciphers),
        server_led=leaders.count("i"),
        client_led=leaders.count("o"),
        server_first=leaders[:1] == ["i"],
    )


def _after_authentication(chunks: Sequence[Chunk]) -> tuple[list[Cipher], list[Chunk]] | None:
    """Find service-accept, then the success packet, the smallest there is; return the possible ciphers and what follows."""
    ciphers: list[Cipher] = []
    from_server = 0
    for index, chunk in enumerate(chunks):
        if chunk.direction == "o":
            continue
        from_server += 1
        if not ciphers and from_server > 2:
            ciphers = [cipher for cipher in CIPHERS if cipher.size(_SERVICE_ACCEPT) == chunk.size]
        elif ciphers and chunk.size == ciphers[0].size(_AUTH_SUCCESS):
            return ciphers, list(chunks[index + 1 :])
    return None


def _exchanges(chunks: Sequence[Chunk]) -> list[list[Chunk]]:
    """Split at silences."""
    exchanges: list[list[Chunk]] = []
    for index, chunk in enumerate(chunks):
        if index == 0 or chunk.at_us - chunks[index - 1].at_us >= IDLE_US:
            exchanges.append([])
        exchanges[-1].append(chunk)
    return exchanges


def _opening(first: Sequence[Chunk], ciphers: Sequence[Cipher]) -> Opening:
    """Tell the client's first message from the reads before the first silence; reads may hold several packets each."""
    sent = [chunk.size for chunk in first if chunk.direction == "o"]
    if not sent:
        return "unknown"
    start = next(index for index, chunk in enumerate(first) if chunk.direction == "o")
    replies = [chunk.size for chunk in first[start + 1 :] if chunk.direction == "i"][:3]
    by_size = {_opening_by_size(sent, cipher) for cipher in ciphers}
    if "forward_request" in by_size:
        return "forward_request"
    if "session" in by_size:
        return "session"
    if all(_granted(sent, replies, cipher) for cipher in ciphers):
        return "forward_request"
    return "no_session" if "no_session" in by_size else "unknown"


def _opening_by_size(sent: Sequence[int], cipher: Cipher) -> Opening:
    head, then = sent[0], sent[1] if len(sent) > 1 else 0
    no_more, session = cipher.size(_NO_MORE_SESSIONS), cipher.size(_SESSION_OPEN)
    forwards = range(cipher.size(_FORWARD_EMPTY), cipher.size(_FORWARD_LONGEST) + 1, cipher.block)
    after_forward = (no_more, no_more + session)
    if head in forwards and then in after_forward:
        return "forward_request"
    if head not in (session, *after_forward) and any(head - size in forwards for size in after_forward):
        return "forward_request"
    if head in (session, no_more + session) and then:
        return "session"
    if head == no_more:
        return "session" if then == session else "no_session"
    return "unknown"


def _granted(sent: Sequence[int], replies: Sequence[int], cipher: Cipher) -> bool:
    """Return whether the server answered a request for the whole connection, and opened no channel.

    The answer is one byte (RFC 4254 section 4), or five with the port; a channel's own answers are five bytes too, so with
    16-byte blocks, where both have one size, a client that may have opened a channel is not judged by it.
    """
    granted = cipher.size(_AUTH_SUCCESS)
    if cipher.size(_CONFIRM) in replies:
        return False
    if granted != cipher.size(_PORT_REPLY):
        return granted in replies
    channel = (cipher.size(_SESSION_OPEN), cipher.size(_NO_MORE_SESSIONS) + cipher.size(_SESSION_OPEN))
    return granted in replies and len(sent) == 1 and sent[0] not in channel


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
