"""Harm done to bytes without knowing what they mean, and how they are cut into pieces."""

from __future__ import annotations

import random
from itertools import pairwise

#: What parsers trip over.
SPECIAL = (
    b"\r\n", b"\n", b"\r", b"\0", b"\t", b" ", b"\x0b", b"\x0c", b":", b",", b";", b"\x80", b"\xff",
    b"\r\n\r\n", b"0\r\n\r\n",
    b"\xc3\xa9", b"%00", b"%0d%0a", b"@", b"\\", b"#", b"?", b"[", b"]", b"..", b"\x16\x03\x01",
    b"\xc2\x85", b"\xe2\x80\xa8",
)  # fmt: skip


def flip(rng: random.Random, data: bytes, most: int = 4) -> bytes:
    """Return ``data`` after 1 to ``most`` small harms."""
    raw = bytearray(data)
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(raw) + 1)
        kind = rng.randrange(8)
        if kind == 0 and at < len(raw):
            raw[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(raw):
            raw[at] = rng.randrange(256)
        elif kind == 2:
            raw[at:at] = rng.choice(SPECIAL)
        elif kind == 3:
            del raw[at : at + rng.randint(1, 8)]
        elif kind == 4:
            end = at + rng.randint(1, 64)
            raw[at:at] = raw[at:end]
        elif kind == 5:
            raw[at : at + 1] = rng.choice(SPECIAL)
        elif kind == 6:
            del raw[at:]
        else:
            raw[at:at] = rng.choice((b"A", b"\0", b"\xff", b"\r\n", b"a:b\r\n", b"0")) * rng.choice((2, 40, 1000))
    return bytes(raw)


def pieces(rng: random.Random, data: bytes) -> list[bytes]:
    """Return ``data`` as it is sent: mostly at once, sometimes cut."""
    if not data:
        return []
    if rng.random() < 0.6:
        return [data]
    cuts = sorted({rng.randrange(len(data)) for _ in range(rng.randint(1, 5))} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(cuts)]
