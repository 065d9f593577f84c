"""Parent and tag of a process, by pidfd and, on older kernels, through /proc."""

from __future__ import annotations

import os
import threading

import pytest

from vigiles.kernel import cgroups, pidfd, processes


def refuse(*_: object) -> None:
    raise OSError(25, "Inappropriate ioctl for device")


@pytest.mark.parametrize("old", [False, True])
def test_parent_and_tag_of_this_process(old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if old:
        monkeypatch.setattr(pidfd, "ioctl", refuse)
    opened = len(os.listdir("/proc/self/fd"))
    assert pidfd.identity(os.getpid())[:3] == (os.getpid(), os.getppid(), processes.uts_tag(os.getpid()))
    assert len(os.listdir("/proc/self/fd")) == opened


def test_a_thread_that_leads_nothing_has_its_process_s_parent() -> None:
    found: list[pidfd.Identity] = []
    thread = threading.Thread(target=lambda: found.append(pidfd.identity(threading.get_native_id())))
    thread.start()
    thread.join()
    assert [one[:3] for one in found] == [(os.getpid(), os.getppid(), processes.uts_tag(os.getpid()))]


def test_nobody_has_neither() -> None:
    assert pidfd.identity(2**22 + 1) == (2**22 + 1, 0, None, 0)


def test_who_has_ended_but_is_not_waited_for_has_a_parent_only() -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        assert pidfd.identity(pid)[:3] == (pid, os.getpid(), None)
    finally:
        os.waitpid(pid, 0)


def test_the_control_group_is_the_one_that_proc_names() -> None:
    hierarchies, path = cgroups.here(), cgroups.path_of(os.getpid())
    group = pidfd.identity(os.getpid()).group
    if hierarchies is None or path is None or not group:
        pytest.skip("this kernel has no cgroup version 2, or PIDFD_GET_INFO (6.13) is missing")
    place = f"{hierarchies.unified}{path}"
    if not os.path.isdir(place):
        pytest.skip("our group lies outside of what is mounted")
    assert group == os.stat(place).st_ino
