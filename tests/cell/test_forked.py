"""A forked process ends, whatever is raised in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

import pytest

from vigiles.cell.forked import never_returning


def raises(error: BaseException) -> Callable[[], NoReturn]:
    def work() -> NoReturn:
        raise error

    return work


@pytest.mark.parametrize("error", [OSError(24, "no descriptor left"), KeyError("x"), KeyboardInterrupt(), SystemExit(0)])
def test_it_never_comes_back(error: BaseException, capfd: pytest.CaptureFixture[str]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            never_returning(raises(error))
        finally:
            os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    said = capfd.readouterr().err
    assert type(error).__name__ in said or "no descriptor left" in said


def test_it_ends_also_where_nobody_hears_it() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(writer, 2)
            never_returning(raises(OSError(5, "no")))
        finally:
            os._exit(7)
    os.close(writer)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
