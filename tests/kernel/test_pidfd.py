"""Parent and tag of a process, by pidfd and, on older kernels, through /proc."""

from __future__ import annotations

import os
import threading

import pytest

from vigiles.kernel import pidfd, processes


def refuse(*_: object) -> None:
    raise OSError(25, "Inappropriate ioctl for device")


@pytest.mark.parametrize("old", [False, True])
def test_parent_and_tag_of_this_process(old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if old:
        monkeypatch.setattr(pidfd, "ioctl", refuse)
    opened = len(os.listdir("/proc/self/fd"))
    assert pidfd.identity(os.getpid()) == (os.getpid(), os.getppid(), processes.uts_tag(os.getpid()))
    assert len(os.listdir("/proc/self/fd")) == opened


def test_a_thread_that_leads_nothing_has_its_process_s_parent() -> None:
    found: list[pidfd.Identity] = []
    thread = threading.Thread(target=lambda: found.append(pidfd.identity(threading.get_native_id())))
    thread.start()
    thread.join()
    assert found == [(os.getpid(), os.getppid(), processes.uts_tag(os.getpid()))]


def test_nobody_has_neither() -> None:
    assert pidfd.identity(2**22 + 1) == (2**22 + 1, 0, None)


def test_who_has_ended_but_is_not_waited_for_has_a_parent_only() -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        assert pidfd.identity(pid) == (pid, os.getpid(), None)
    finally:
        os.waitpid(pid, 0)
