"""The output that a transcript has for a call, beside the output that came now.

A difference is no alarm. Times, process ids, temporary names, the order of a directory, a network that answers anew: an
honest command may put out something else each time, and harnesses cut and wrap what they hand on. So it is reported, and
recorded as what was said before; no detector makes a finding of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

#: ``same``: byte for byte. ``blanks``: but for blanks and line ends around it. ``within``: all that came now stands in it,
#: as where a harness wraps it. ``cut``: what came now was cut at the profile's limit, so nobody can tell.
Likeness = Literal["same", "blanks", "within", "cut", "differs"]


@dataclass(frozen=True)
class Compared:
    """``said_sha256`` is of what the transcript has, ``seen_sha256`` of what came now: standard output, or both streams
    where the transcript has both.
    """

    likeness: Likeness
    said_sha256: str
    seen_sha256: str


def compare(said: str, stdout: bytes, stderr: bytes, *, truncated: bool) -> Compared:
    """Return how like the two are."""
    old = said.encode("utf-8", "surrogatepass")
    forms = [stdout, stdout + stderr] if stderr else [stdout]
    digest = hashlib.sha256(old).hexdigest()
    if truncated:
        return Compared("cut", digest, _sha256(stdout))
    # Harnesses hand text on, with a mark in the place of bytes that are none.
    texts = [(form, form.decode("utf-8", "replace").encode()) for form in forms]
    for form, text in texts:
        if old in (form, text):
            return Compared("same", digest, _sha256(form))
    for form, text in texts:
        if old.strip() == text.strip():
            return Compared("blanks", digest, _sha256(form))
    for form, text in reversed(texts):
        if text.strip() and text.strip() in old:
            return Compared("within", digest, _sha256(form))
    return Compared("differs", digest, _sha256(forms[-1]))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
