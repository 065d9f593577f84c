from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.sensors.accounts import Accounts, Reaped
from vigiles.sensors.scan import Scanner, ScanResult, Seen

INIT = 100


def seen(pid: int, own: int, waited: int = 0, *, call: int | None = 1, ppid: int = INIT, io: int | None = None) -> Seen:
    return Seen(
        pid=pid,
        ppid=ppid,
        inner=pid - INIT,
        started=pid,
        call=call,
        state="S",
        comm="p",
        exe="/p",
        argv=("p",),
        own_us=own,
        waited_us=waited,
        io_bytes=io,
    )


def scan(at: int, *processes: Seen) -> ScanResult:
    return ScanResult(mono_us=at, processes=list(processes))


def test_growth_of_living_processes() -> None:
    accounts = Accounts(INIT)
    accounts.settle(scan(1_000_000, seen(101, 50_000)))
    (usage,) = accounts.settle(scan(3_000_000, seen(101, 90_000), seen(102, 70_000, ppid=101)))
    assert (usage.call, usage.interval_us, usage.cpu_us, usage.total_us) == (1, 2_000_000, 110_000, 160_000)
    assert usage.processes == 2
    assert usage.busiest is not None
    assert (usage.busiest.pid, usage.busiest_us) == (102, 70_000)


def test_a_child_moves_into_the_parent_that_waited_for_it() -> None:
    accounts = Accounts(INIT)
    accounts.settle(scan(0, seen(101, 0), seen(102, 500_000, ppid=101)))
    (usage,) = accounts.settle(scan(1, seen(101, 0, 600_000)))
    assert usage.total_us == 600_000


def test_a_child_that_its_parent_never_collected_is_kept() -> None:
    accounts = Accounts(INIT)
    accounts.settle(scan(0, seen(101, 0), seen(102, 500_000, ppid=101)))
    (usage,) = accounts.settle(scan(1, seen(101, 0, 0)))
    assert usage.total_us == 500_000
    (usage,) = accounts.settle(scan(2, seen(101, 100_000, 0)))
    assert usage.total_us == 600_000


def test_what_init_reaped_is_added_once_its_call_is_known() -> None:
    accounts = Accounts(INIT)
    accounts.settle(scan(0, seen(101, 200_000)))
    late = accounts.settle(scan(1))
    assert late[0].total_us == 200_000, "the message of the reaper comes late; nothing is lost meanwhile"
    (usage,) = accounts.settle(scan(2), [Reaped(inner=1, call=None, cpu_us=250_000)])
    assert (usage.cpu_us, usage.total_us, usage.reaped_only) == (50_000, 250_000, True)


def test_one_that_no_scan_saw() -> None:
    accounts = Accounts(INIT)
    (usage,) = accounts.settle(scan(0), [Reaped(inner=7, call=4, cpu_us=30_000), Reaped(inner=8, call=None, cpu_us=9)])
    assert (usage.call, usage.total_us) == (4, 30_000)
    assert accounts.unattributed_us == 9


def test_one_reaped_right_after_it_was_scanned_counts_once() -> None:
    accounts = Accounts(INIT)
    (usage,) = accounts.settle(scan(0, seen(101, 200_000)), [Reaped(inner=1, call=1, cpu_us=210_000)])
    assert usage.total_us == 210_000
    (usage,) = accounts.settle(scan(1))
    assert usage.total_us == 210_000


def test_pairs_that_hide_from_every_collector_do_not_hide_their_time() -> None:
    """Parent and child end together, nobody collects the child; the next pair starts over. All that was seen counts."""
    accounts = Accounts(INIT)
    for turn in range(5):
        first = 101 + 2 * turn
        accounts.settle(scan(turn * 1_000_000, seen(first, 0), seen(first + 1, 900_000, ppid=first)))
    assert accounts.total_us(1) == 5 * 900_000


def test_a_child_collected_long_after_is_not_set_off_against_another() -> None:
    accounts = Accounts(INIT)
    accounts.settle(scan(0, seen(101, 0), seen(102, 500_000, ppid=101)))
    accounts.settle(scan(1, seen(101, 0)))
    (usage,) = accounts.settle(scan(9_000_000, seen(101, 0, 400_000)))
    assert usage.total_us == 900_000


def test_calls_do_not_mix() -> None:
    accounts = Accounts(INIT)
    usages = accounts.settle(scan(0, seen(101, 10), seen(102, 20, call=2), seen(103, 40, call=None)))
    assert [(usage.call, usage.total_us) for usage in usages] == [(1, 10), (2, 20)]


def test_io_of_the_interval() -> None:
    accounts = Accounts(INIT)
    accounts.settle(scan(0, seen(101, 0, io=1000), seen(102, 0, io=500)))
    (usage,) = accounts.settle(scan(1, seen(101, 0, io=1700)))
    assert usage.io_bytes == 700


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.integers(101, 105), st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=4),
            st.lists(st.tuples(st.integers(1, 5), st.integers(0, 10**6)), max_size=2),
        ),
        max_size=8,
    )
)
def test_a_total_never_decreases(steps: list[tuple[dict[int, tuple[int, int]], list[tuple[int, int]]]]) -> None:
    accounts = Accounts(INIT)
    totals: dict[int, int] = {}
    for at, (processes, ended) in enumerate(steps):
        living = [
            seen(pid, own, waited, call=1 + pid % 2, ppid=INIT if pid < 103 else 101)
            for pid, (own, waited) in processes.items()
        ]
        for usage in accounts.settle(scan(at, *living), [Reaped(inner=i, call=None, cpu_us=c) for i, c in ended]):
            assert usage.cpu_us >= 0
            assert usage.io_bytes >= 0
            assert usage.total_us == totals.get(usage.call, 0) + usage.cpu_us
            totals[usage.call] = usage.total_us
            assert accounts.total_us(usage.call) == usage.total_us


BURN = """
import os, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
"""
WAYS = {
    "itself": "burn(0.4)",
    "a child waited for": "if os.fork() == 0:\n burn(0.4)\n os._exit(0)\nos.wait()",
    "many short children": "for _ in range(20):\n if os.fork() == 0:\n  burn(0.02)\n  os._exit(0)\n os.wait()",
    "a daemon": "if os.fork() == 0:\n if os.fork() == 0:\n  burn(0.4)\n os._exit(0)\nos.wait()",
    "children nobody waits for": "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    "if os.fork() == 0:\n burn(0.4)\n os._exit(0)\ntime.sleep(1.2)",
}


@pytest.mark.parametrize("way", WAYS)
def test_cpu_seconds_of_real_processes_reach_their_call(cell: Any, way: str) -> None:
    scanner, accounts = Scanner(cell.init, cell.calls), Accounts(cell.init)
    cell.start(1, "import time; time.sleep(60)")
    cell.start(2, BURN + WAYS[way])
    end, quiet, returned = time.monotonic() + 30, 0, False
    while quiet < 3:  # a reaper's message may come a moment after the process is gone
        assert time.monotonic() < end, accounts
        time.sleep(0.02)
        reaped = cell.take_reaped()
        returned = returned or any(one.call == 2 for one in reaped)
        scan = scanner.scan(time.monotonic_ns() // 1000)
        accounts.settle(scan, reaped)
        quiet = quiet + 1 if returned and all(p.call != 2 for p in scan.processes) else 0
    # The kernel drops the time of a child whose parent refuses to collect it: what came after the last scan is lost.
    least = 150_000 if "nobody" in way else 380_000
    # Starting Python costs time of its own.
    assert least <= accounts.total_us(2) < 900_000
    assert accounts.total_us(1) < 300_000
    assert accounts.unattributed_us < 100_000
