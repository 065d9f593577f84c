"""Whether one argument list explains another."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

#: As far as two lists are compared: a sensor reads so much of an argv for certain, in arguments and characters of each.
ARGUMENTS = 64
CHARACTERS = 2048


def argv_differs(asked: Sequence[str], ran: Sequence[str]) -> bool:
    """Return whether ``ran`` is another command than ``asked``.

    The program may be given by name or by path (``python`` and ``/usr/bin/python`` agree, ``python`` and ``sh`` do not);
    all further arguments must be the same.
    """
    if not asked or not ran:
        return bool(asked) != bool(ran)
    if len(asked) != len(ran) and min(len(asked), len(ran)) < ARGUMENTS:
        return True
    if posixpath.basename(asked[0]) != posixpath.basename(ran[0]):
        return True
    pairs = zip(asked[1:ARGUMENTS], ran[1:ARGUMENTS], strict=False)
    return any(a[:CHARACTERS] != b[:CHARACTERS] for a, b in pairs)
