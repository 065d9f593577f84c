"""A forked child lets go of what its parent said, in the child only, and an object that is gone is not asked."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable

from vigiles.kernel import forks


class Holder:
    """A pipe's writing end, which nobody else should hold."""

    def __init__(self, also: Callable[[], None] | None = None) -> None:
        self.reader, self.writer = os.pipe()
        self.also = also
        forks.let_go(self._forked)

    def _forked(self) -> None:
        if self.also is not None:
            self.also()
        os.close(self.writer)

    def ended(self) -> bool:
        """Say whether nobody else holds the writing end, once we have closed ours."""
        os.close(self.writer)
        os.set_blocking(self.reader, False)
        try:
            return os.read(self.reader, 1) == b""
        except BlockingIOError:
            return False
        finally:
            os.close(self.reader)


def living_child() -> tuple[int, int]:
    """Return a forked child that lives until the returned descriptor is closed."""
    reader, writer = os.pipe()
    up, told = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(writer)
        os.write(told, b"x")
        os.read(reader, 1)
        os._exit(0)
    os.close(reader)
    os.close(told)
    assert os.read(up, 1) == b"x"
    os.close(up)
    return pid, writer


def test_a_child_that_lives_on_has_let_go() -> None:
    holder = Holder()
    pid, life = living_child()
    assert holder.ended()
    os.close(life)
    os.waitpid(pid, 0)


def test_what_fails_in_the_child_does_not_keep_the_rest() -> None:
    def fail() -> None:
        raise OSError("no")

    first, second = Holder(fail), Holder()
    pid, life = living_child()
    assert second.ended()
    assert not first.ended()
    os.close(life)
    os.waitpid(pid, 0)


def test_who_is_gone_is_not_asked() -> None:
    asked = []
    holder = Holder(lambda: asked.append(1))
    os.close(holder.reader)
    os.close(holder.writer)
    del holder
    gc.collect()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(len, (asked,)) == 0
