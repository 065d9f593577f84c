"""SSH as far as it is in clear: banner and key exchange (RFC 4253 sections 4.2, 6, 7), then sizes only.

One :class:`SshStream` listens to one direction. Until SSH_MSG_NEWKEYS the packets can be framed; afterwards only the
sizes of what arrives are left. These still tell a session from a forwarding, because they follow from RFC 4254's messages.
"""

from __future__ import annotations

import msgspec

from vigiles.protocols.malformed import Malformed

#: RFC 4253 section 4.2: a banner line is at most 255 bytes with CRLF. Lines before it are a server's; we take a few.
MAX_BANNER = 255
MAX_PREFACE = 4096
#: RFC 4253 section 6.1 obliges to 35,000.
MAX_PACKET = 35_000

_KEXINIT, _NEWKEYS = 20, 21


class SshFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one direction has shown so far. ``banner`` without line end; ``encrypted`` once NEWKEYS passed."""

    banner: str | None
    kex_packets: int
    encrypted: bool


class SshStream:
    """Feed one direction's bytes, as they were read; ``feed`` returns the sizes that came after NEWKEYS."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._preface = 0
        self._banner: str | None = None
        self._packets = 0
        self._encrypted = False

    @property
    def facts(self) -> SshFacts:
        """The facts so far."""
        return SshFacts(banner=self._banner, kex_packets=self._packets, encrypted=self._encrypted)

    def feed(self, data: bytes) -> int:
        """Return how many bytes of ``data`` lie after NEWKEYS (0 before). Raises :class:`Malformed`."""
        if self._encrypted:
            return len(data)
        self._data += data
        while self._banner is None:
            if not self._line():
                return 0
        while (kind := self._packet()) is not None:
            if kind == _NEWKEYS:
                self._encrypted = True
                after = len(self._data)
                self._data.clear()
                return after
        return 0

    def _line(self) -> bool:
        end = self._data.find(b"\n")
        if end < 0:
            if len(self._data) > MAX_BANNER:
                raise Malformed("ssh: the banner is too long")
            return False
        line = bytes(self._data[:end]).rstrip(b"\r")
        del self._data[: end + 1]
        if line.startswith(b"SSH-"):
            if len(line) > MAX_BANNER - 2:
                raise Malformed("ssh: the banner is too long")
            self._banner = line.decode("utf-8", "backslashreplace")
            return True
        self._preface += len(line) + 1
        if self._preface > MAX_PREFACE:
            raise Malformed("ssh: no banner")
        return True

    def _packet(self) -> int | None:
        """Take one packet off and return its message number, None when it is not whole yet."""
        if len(self._data) < 6:
            return None
        length = int.from_bytes(self._data[:4], "big")
        padding = self._data[4]
        if not 2 <= length <= MAX_PACKET or padding + 2 > length:
            raise Malformed("ssh: not a packet")
        kind = self._data[5]
        if self._packets == 0 and kind != _KEXINIT:
            raise Malformed("ssh: the first packet is not KEXINIT")
        if len(self._data) < 4 + length:
            return None
        del self._data[: 4 + length]
        self._packets += 1
        return kind
