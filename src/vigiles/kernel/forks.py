"""What a forked child of ours must not keep.

A descriptor may stand for something that lasts as long as anybody holds it: a lock, a program in the kernel, a connection
by whose end another process knows of ours. A child by ``os.fork`` or ``multiprocessing`` holds it too, and may live long
after its parent. So whoever opens such a thing says here how the child lets go of it. A program started by exec needs none
of this: all descriptors are close-on-exec.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from contextlib import suppress

_waiting: list[weakref.WeakMethod[Callable[[], None]]] = []


def let_go(method: Callable[[], None]) -> None:
    """Call a bound method in every forked child from now on, while its object lives.

    It may close descriptors and nothing else: what it would tell the kernel or another process, it would tell for us.
    """
    _waiting[:] = [one for one in _waiting if one() is not None]
    _waiting.append(weakref.WeakMethod(method))


def _in_child() -> None:
    for one in _waiting:
        method = one()
        if method is not None:
            with suppress(OSError):
                method()
    _waiting.clear()


os.register_at_fork(after_in_child=_in_child)
