"""Whether SSH is spoken inside TLS, told by the sizes of the first records. Nothing is decrypted.

An unencrypted SSH packet is a multiple of 8 bytes, an encrypted one 4 more than a multiple of 8 or 16 (RFC 4253 section 6).
So after the banners every record, less what TLS adds, is a multiple of 4, both ways, and near the beginning stand two long
key exchange lists, short key exchange messages and NEWKEYS, which is 16 bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from vigiles.detectors.ssh_flow import SshSigns, ssh_signs
from vigiles.model.observation.flow import Chunk

#: What a record adds: TLS 1.3; TLS 1.2 with AES-GCM; with ChaCha20-Poly1305.
_ADDED = (17, 24, 16)
#: Records of each side that may come before SSH's own: the rest of the handshake, tickets, a banner.
_BEFORE = 10
_NEWKEYS = 16
_LIST = range(400, 8193)
_LEAST_OUT, _LEAST_IN = 5, 4


def ssh_inside(marks: Sequence[str]) -> SshSigns | None:
    """Return what SSH inside TLS shows of itself, None where it is none. ``marks``: of a flow; ``tls.first`` is read."""
    listed = next((mark.partition("=")[2] for mark in marks if mark.startswith("tls.first=")), "")
    records = [(word[0], int(word[1:])) for word in listed.split(",") if word[1:].isdigit()]
    for added in _ADDED:
        inner = [(side, size - added) for side, size in records if size > added]
        if _is_ssh(inner):
            chunks = [
                Chunk(at_us=at, direction="o" if side == "o" else "i", size=size) for at, (side, size) in enumerate(inner)
            ]
            return ssh_signs(chunks)
    return None


def _is_ssh(records: Sequence[tuple[str, int]]) -> bool:
    out = [size for side, size in records if side == "o"]
    back = [size for side, size in records if side == "i"]
    aligned_out, aligned_back = _aligned(out), _aligned(back)
    if len(out) - aligned_out < _LEAST_OUT or len(back) - aligned_back < _LEAST_IN:
        return False
    if aligned_out > _BEFORE or aligned_back > _BEFORE:
        return False
    # The list may share a record with the banner before it, which is of any length.
    first_out, first_back = out[max(0, aligned_out - 1) :][:4], back[max(0, aligned_back - 1) :][:5]
    lists = any(size in _LIST for size in first_out) and any(size in _LIST for size in first_back)
    head = out[max(0, aligned_out - 1) :][:6]
    return lists and any(_has_new_keys(size) for size in head) and any(size % 8 == 4 for size in out[aligned_out:])


def _has_new_keys(size: int) -> bool:
    """Return whether a record is NEWKEYS, alone or with the request for a service that follows it."""
    return size == _NEWKEYS or (size - _NEWKEYS) in (36, 44, 52, 60, 68, 100)


def _aligned(sizes: Sequence[int]) -> int:
    """Return where the last run of multiples of 4 begins."""
    at = len(sizes)
    while at and sizes[at - 1] % 4 == 0:
        at -= 1
    return at
