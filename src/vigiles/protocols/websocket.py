"""WebSocket frames (RFC 6455 section 5.2), unmasked, so that what is carried inside can be read."""

from __future__ import annotations

from vigiles.protocols.malformed import Malformed

#: A payload longer than this is passed over, bytes.
MAX_PAYLOAD = 16 * 1024


class FrameReader:
    """Feed one direction's bytes after the upgrade; get the payloads of data frames, in order."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._skip = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return whole payloads of text, binary and continuation frames. Raises :class:`Malformed`."""
        step = min(self._skip, len(data))
        self._skip -= step
        self._data += data[step:]
        payloads: list[bytes] = []
        while (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode < 8:
                payloads.append(payload)
        return payloads

    def _frame(self) -> tuple[int, bytes] | None:
        raw = self._data
        if len(raw) < 2:
            return None
        opcode, masked, length, at = raw[0] & 0x0F, raw[1] >> 7, raw[1] & 0x7F, 2
        if opcode not in (0, 1, 2, 8, 9, 10):
            raise Malformed("websocket: not an opcode")
        if length >= 126:
            width = 2 if length == 126 else 8
            if len(raw) < 2 + width:
                return None
            length, at = int.from_bytes(raw[2 : 2 + width], "big"), 2 + width
        key = bytes(raw[at : at + 4]) if masked else b""
        at += 4 * masked
        if length > MAX_PAYLOAD:
            here = min(length, len(raw) - at) if len(raw) > at else 0
            self._skip = length - here
            del raw[: at + here]
            return opcode, b""
        if len(raw) < at + length:
            return None
        payload = bytes(raw[at : at + length])
        del raw[: at + length]
        if masked:
            mask = (key * (length // 4 + 1))[:length]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(length, "big")
        return opcode, payload
