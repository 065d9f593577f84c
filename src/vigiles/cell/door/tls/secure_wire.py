"""A wire with TLS on it: the same interface, so that whoever reads and writes messages need not know."""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

from vigiles.cell.door.wire import CHUNK, Wire


def harden(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return ``context`` as both ends of the door have it: TLS 1.2 or later, and an end that was cut off is none."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # some versions of Python set it
    return context


class SecureWire(Wire):
    """TLS over ``under``, from :meth:`handshake` on.

    What the other side's close leaves open is not made whole: ``ragged`` says that it ended without a farewell (RFC 8446
    section 6.1), and a wire on which it is set ends so too.
    """

    def __init__(
        self,
        under: Wire,
        context: ssl.SSLContext,
        *,
        server_side: bool,
        name: str | None = None,
    ) -> None:
        super().__init__(under.sock)
        self._under = under
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side, name)
        self._sending = asyncio.Lock()
        #: Whether a record may have been sent in part: after that nothing that is sent would be understood.
        self._torn = False
        self._plain = bytearray(CHUNK)

    async def handshake(self) -> None:
        """Make the connection secure. Raises ssl.SSLError, after the other side was told; OSError."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError:
                self._under.offer(self._outgoing.read())
                raise
            else:
                await self._flush()
                return

    @property
    def protocol(self) -> str:
        """The ALPN name that both agreed on (RFC 7301); empty for none."""
        return self._tls.selected_alpn_protocol() or ""

    async def read(self) -> bytes:
        """See :meth:`Wire.read`. Raises ssl.SSLError, an OSError, for what is no TLS."""
        if self._pending:
            return await super().read()
        while (data := self._decrypt()) is None:
            await self._flush()
            await self._fill()
        return data

    def _decrypt(self) -> bytes | None:
        """Return what can be read without more from below, b"" at the end, None when more is needed."""
        filled = 0
        with memoryview(self._plain) as view:
            try:
                # Read into a buffer, it returns a count, whatever its annotation says.
                while filled < CHUNK and (size := cast("int", self._tls.read(CHUNK - filled, view[filled:]))):
                    filled += size
            except ssl.SSLWantReadError:
                if not filled:
                    return None
            except ssl.SSLError as error:
                # Some versions of Python raise the plain class for it.
                if not isinstance(error, ssl.SSLEOFError) and "unexpected eof" not in str(error).lower():
                    raise
                self.ragged = True
            return bytes(view[:filled])

    async def _fill(self) -> None:
        data = await self._under.read()
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def write(self, data: bytes | memoryview) -> None:
        """See :meth:`Wire.write`."""
        with memoryview(data) as view:
            sent = 0
            while sent < len(view):
                sent += self._tls.write(view[sent:])
        await self._flush()

    async def _flush(self) -> None:
        """Send what TLS wants sent. Records keep their order, whoever made them."""
        if not self._outgoing.pending:
            return
        async with self._sending:
            if data := self._outgoing.read():
                self._torn = True
                await self._under.write(data)
                self._torn = False

    def offer(self, data: bytes) -> None:
        """See :meth:`Wire.offer`."""
        try:
            self._tls.write(data)
        except ssl.SSLError:
            return
        self._offer_pending()

    def _offer_pending(self) -> None:
        if not self._torn:
            self._under.offer(self._outgoing.read())

    async def hear_out(self, seconds: float) -> None:
        """See :meth:`Wire.hear_out`; what still comes need not be decrypted."""
        await self._under.hear_out(seconds)

    def finish(self) -> None:
        """See :meth:`Wire.finish`: here with the farewell that TLS has for it, but for what ended ragged."""
        if not self.ragged:
            try:
                self._tls.unwrap()
            except (ssl.SSLError, ValueError):
                pass  # it wants to hear the other side's farewell too; we do not
            self._offer_pending()
        self._under.finish()

    def close(self) -> None:
        """See :meth:`Wire.close`."""
        self.finish()
        self._under.close()
