"""Whether one argument list explains another."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

#: As far as two lists are compared: a sensor reads so much of an argv for certain, in arguments and bytes of each.
ARGUMENTS = 64
BYTES = 1000


def argv_differs(asked: Sequence[str], ran: Sequence[str]) -> bool:
    """Return whether ``ran`` is another command than ``asked``.

    The program may be given by name or by path (``python`` and ``/usr/bin/python`` agree, ``python`` and ``sh`` do not);
    all further arguments must be the same. A sensor that could read only the beginning of ``ran`` proves nothing against
    the rest, so a shorter list that agrees as far as it goes does not differ.
    """
    if not ran or not asked:
        return bool(ran)
    if len(ran) > len(asked) and len(asked) < ARGUMENTS:
        return True
    if posixpath.basename(asked[0]) != posixpath.basename(ran[0]):
        return True
    pairs = zip(asked[1:ARGUMENTS], ran[1:ARGUMENTS], strict=False)
    return any(_head(a) != _head(b) for a, b in pairs)


def _head(argument: str) -> bytes:
    return argument.encode("utf-8", "backslashreplace")[:BYTES]
