from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.kernel import pidfd, processes
from vigiles.sensors.scan import Scanner, ScanResult, parse_stat

SLEEP = "import time; time.sleep(60)"
#: A daemon that leaves its parents behind and never executes anything.
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
os.wait()
"""


#: A process whose first thread has ended: all that /proc/PID shows of it is a zombie's.
HEADLESS = """
import ctypes, mmap, threading, time
def work():
    area = mmap.mmap(-1, 100 << 20)
    for at in range(0, len(area), 4096):
        area[at] = 1
    end = time.monotonic() + 60
    while time.monotonic() < end:
        pass
threading.Thread(target=work).start()
ctypes.CDLL(None).syscall(60, 0)  # exit of this thread alone
"""


def scan_until(scanner: Scanner, good: Callable[[ScanResult], bool]) -> ScanResult:
    end = time.monotonic() + 20
    while True:
        result = scanner.scan(time.monotonic_ns() // 1000)
        if good(result):
            return result
        assert time.monotonic() < end, result
        time.sleep(0.01)


def test_every_process_has_its_call(cell: Any) -> None:
    scanner = Scanner(cell.init, cell.calls)
    for call in (1, 2, 3):
        cell.start(call, SLEEP)
    result = scan_until(scanner, lambda r: len(r.living_calls()) == 3)
    assert sorted(p.call or 0 for p in result.processes) == [1, 2, 3]
    assert [p.ppid for p in result.processes] == [cell.init] * 3
    assert all(p.inner > 1 and p.started > 0 and p.exe for p in result.processes)
    snapshot = result.snapshots()
    assert {s.call for s in snapshot} == {1, 2, 3}


def test_a_daemon_that_never_executes_anything_belongs_to_its_call(cell: Any) -> None:
    scanner = Scanner(cell.init, cell.calls)
    cell.start(1, SLEEP)
    cell.start(2, DAEMON)
    cell.wait(lambda: any(one.call == 2 for one in cell.reaped))
    result = scan_until(scanner, lambda r: len(r.processes) == 2 and r.living_calls() == {1, 2})
    daemon = next(p for p in result.processes if p.call == 2)
    assert daemon.ppid == cell.init


def test_twenty_daemons_of_four_calls(cell: Any) -> None:
    scanner = Scanner(cell.init, cell.calls)
    five = DAEMON.replace(
        "if os.fork() == 0:\n    os.setsid()", "for _ in range(5):\n  if os.fork() == 0:\n    os.setsid()"
    ).replace(
        "    if os.fork() == 0:\n        time.sleep(60)\n    os._exit(0)\nos.wait()",
        "    if os.fork() == 0: time.sleep(60)\n    os._exit(0)\n  os.wait()",
    )
    for call in (1, 2, 3, 4):
        cell.start(call, five)
    cell.wait(lambda: sum(one.call is not None for one in cell.reaped) == 4)
    result = scan_until(scanner, lambda r: len(r.processes) == 20)
    assert sorted(p.call or 0 for p in result.processes) == sorted([1, 2, 3, 4] * 5)


def test_new_and_gone(cell: Any) -> None:
    scanner = Scanner(cell.init, cell.calls)
    assert scanner.scan(0).processes == []
    cell.start(1, "import time; time.sleep(0.4)")
    born = scan_until(scanner, lambda r: bool(r.new))
    assert len(born.new) == 1
    kept = scanner.scan(1)
    assert (kept.new, kept.gone, len(kept.processes)) == ([], [], 1)
    died = scan_until(scanner, lambda r: bool(r.gone))
    assert [p.key for p in died.gone] == [born.new[0].key]
    assert died.processes == []


def test_a_process_that_the_walk_passed_over_is_not_gone(cell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parent that dies between two steps of the walk hands its children to init, whose children were already listed.

    The walk is the real one; the moment in it is made here, for nobody can hit it at will.
    """
    scanner = Scanner(cell.init, cell.calls)
    cell.start(1, SLEEP)
    cell.start(2, "import time; time.sleep(0.6)")
    both = scan_until(scanner, lambda r: r.living_calls() == {1, 2})
    walk, missed = processes.descendants, {p.pid for p in both.processes}
    monkeypatch.setattr(processes, "descendants", lambda root: [pid for pid in walk(root) if pid not in missed])
    again = scanner.scan(1)
    assert ([p.key for p in again.gone], again.new) == ([], [])
    assert {p.call for p in again.processes} == {1, 2}
    died = scan_until(scanner, lambda r: bool(r.gone))
    assert [p.call for p in died.gone] == [2], "what really went is gone all the same"
    monkeypatch.undo()
    assert scanner.scan(2).new == [], "found by the walk again, it is no new process"


def test_one_that_ends_while_it_is_looked_at_was_not_met(cell: Any) -> None:
    """Nothing was learnt of it, so there is nothing to tell but that it belongs to nobody, which is wrong."""

    def ended(place: str) -> None:
        os.kill(int(place), signal.SIGKILL)
        cell.wait(lambda: not os.path.exists(f"/proc/{place}"))

    scanner = Scanner(cell.init, cell.calls)
    cell.start(1, SLEEP)
    scan_until(scanner, lambda r: len(r.processes) == 1)
    result = Scanner(cell.init, cell.calls, mark=ended).scan(1)
    assert (result.processes, result.new) == ([], [])


def test_a_pid_given_again_is_another_process(cell: Any) -> None:
    """The number of a process that went is given to one outside the cell (here: this one)."""
    scanner = Scanner(cell.init, cell.calls)
    cell.start(1, SLEEP)
    (seen,) = scan_until(scanner, lambda r: r.living_calls() == {1}).processes
    old = dataclasses.replace(seen, pid=os.getpid(), started=1)
    scanner._last = {seen.key: seen, old.key: old}
    result = scanner.scan(1)
    assert [p.pid for p in result.processes] == [seen.pid]
    assert [p.key for p in result.gone] == [old.key]


def test_a_process_met_before_it_was_a_call_s_and_after_its_end_is_known_by_its_group() -> None:
    process = subprocess.Popen(["sleep", "60"])
    groups = {-1: 1}
    scanner = Scanner(os.getpid(), {}, groups=groups)
    (met,) = [seen for seen in scanner.scan(1).processes if seen.pid == process.pid]
    group = pidfd.identity(process.pid).group
    if not group:
        process.kill()
        process.wait()
        pytest.skip("the kernel does not tell a process's control group by pidfd (6.13)")
    groups[group] = 5
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    (ended,) = [seen for seen in scanner.scan(2).processes if seen.pid == process.pid]
    process.wait()
    assert (met.group_call, ended.state, ended.call, ended.group_call) == (None, "Z", None, 5)


def test_a_zombie_that_was_met_as_one_is_its_parent_s_call_s(cell: Any) -> None:
    cell.start(3, "import os, time\nif os.fork() == 0: os._exit(0)\ntime.sleep(60)")
    scan_until(Scanner(cell.init, cell.calls), lambda r: any(p.state == "Z" for p in r.processes))
    found = Scanner(cell.init, cell.calls).scan(1).snapshots()
    assert {(one.call, one.state == "Z") for one in found} == {(3, False), (3, True)}


def test_an_ended_cell_has_no_processes(cell: Any) -> None:
    scanner = Scanner(cell.init, cell.calls)
    cell.start(1, SLEEP)
    scan_until(scanner, lambda r: bool(r.processes))
    cell.close()
    assert scanner.scan(0).processes == []


def test_a_name_full_of_parentheses(cell: Any) -> None:
    scanner = Scanner(cell.init, cell.calls)
    cell.start(1, "open('/proc/self/comm', 'w').write(') R 1 (\\n'); import time; time.sleep(60)")
    result = scan_until(scanner, lambda r: any(p.comm.startswith(") R") for p in r.processes))
    assert result.processes[0].ppid == cell.init
    assert result.processes[0].call == 1


@given(st.binary(max_size=300))
def test_whatever_stands_there_never_raises(raw: bytes) -> None:
    parse_stat(raw)


@given(st.binary(max_size=15).filter(lambda name: b"\0" not in name), st.integers(0, 2**31), st.integers(0, 2**40))
def test_the_name_does_not_move_the_fields(name: bytes, ppid: int, ticks: int) -> None:
    raw = b"7 (%s) S %d 7 7 0 -1 4194560 1 2 3 4 %d 1 2 3 20 0 1 0 99 1 1" % (name, ppid, ticks)
    stat = parse_stat(raw)
    assert stat is not None
    tick = 1_000_000 // os.sysconf("SC_CLK_TCK")
    assert (stat.state, stat.ppid, stat.own_us, stat.waited_us, stat.started) == (
        "S",
        ppid,
        (ticks + 1) * tick,
        5 * tick,
        99,
    )


def test_a_scan_is_cheap(cell: Any) -> None:
    scanner = Scanner(cell.init, cell.calls)
    cell.start(1, "import os, time\nfor _ in range(40):\n if os.fork() == 0: break\ntime.sleep(60)")
    scan_until(scanner, lambda r: len(r.living_calls()) == 1 and len(r.processes) == 41)
    best = min(_timed(scanner) for _ in range(20))
    assert best / 41 < 0.001, f"{best / 41 * 1e6:.0f} us a process"


def _timed(scanner: Scanner) -> float:
    began = time.perf_counter()
    scanner.scan(0)
    return time.perf_counter() - began


def test_io_is_counted(cell: Any) -> None:
    scanner = Scanner(cell.init, cell.calls)
    cell.start(1, "import time\nopen('/dev/null', 'wb', 0).write(b'x' * 1000000)\ntime.sleep(60)")
    scan_until(scanner, lambda r: any((p.io_bytes or 0) >= 1_000_000 for p in r.processes))


def test_a_process_whose_first_thread_has_ended_lives_on_with_its_call(cell: Any) -> None:
    cell.start(1, HEADLESS)
    cell.wait(lambda: len(processes.descendants(cell.init)) == 1)
    (pid,) = processes.descendants(cell.init)
    end = time.monotonic() + 20
    while b") Z " not in Path(f"/proc/{pid}/stat").read_bytes():
        assert time.monotonic() < end
        time.sleep(0.01)
    result = scan_until(Scanner(cell.init, cell.calls), lambda r: any(p.memory_bytes > 100 << 20 for p in r.processes))
    (seen,) = result.processes
    assert (seen.call, seen.state in "RSD") == (1, True)
    assert seen.exe
    assert "-c" in seen.argv
    assert seen.own_us > 0
    assert result.living_calls() == {1}
