"""Budgets that run out while work goes on: the kernel's limits and those that only the watch can keep."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.runtime.episode import Episode
from vigiles.runtime.outcome import Outcome

pytestmark = pytest.mark.cell

BURN = "while True: pass"
FORKS = """
import os, time
born = 0
for _ in range(100):
    try:
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
    except BlockingIOError:
        break
    born += 1
print(born, flush=True)
os.kill(0, 9)
"""


def test_the_budget_of_calls_runs_out(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> list[str]:
        return [(await episode.call(["true"])).verdict.reason for _ in range(3)]

    assert inside(body, profile=make_profile("[budgets]\ncalls = 2\n")) == ["allowed", "allowed", "budget_calls"]


def test_cpu_time_of_the_episode_ends_the_call_that_burns_it(
    inside: Any, make_profile: Callable[..., Path], python: list[str]
) -> None:
    async def body(episode: Episode) -> tuple[Outcome, Outcome]:
        burned = await episode.call([*python, BURN], timeout=20)
        return burned, await episode.call(["true"])

    burned, later = inside(body, profile=make_profile("[budgets]\ncpu_seconds_episode = 1\n"))
    assert (burned.signal, burned.result.outcome, burned.result.error) == (signal.SIGKILL, "killed", "budget_cpu")
    assert 1_000_000 <= burned.result.cpu_us < 3_000_000
    assert (later.verdict.decision, later.verdict.reason, later.feedback) == ("deny", "budget_cpu", "mask")


def test_many_small_processes_burn_the_same_budget(
    inside: Any, make_profile: Callable[..., Path], python: list[str]
) -> None:
    async def body(episode: Episode) -> Outcome:
        burn = "import time\nwhile time.process_time() < 0.2: pass"
        command = f'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "{python[0]}" -ISc "{burn}"; done'
        return await episode.call(["sh", "-c", command], timeout=20)

    assert inside(body, profile=make_profile("[budgets]\ncpu_seconds_episode = 1\n")).signal == signal.SIGKILL


def test_cpu_time_of_one_call_is_the_kernels_limit(
    inside: Any, make_profile: Callable[..., Path], python: list[str]
) -> None:
    async def body(episode: Episode) -> tuple[Outcome, Outcome]:
        return await episode.call([*python, BURN], timeout=20), await episode.call(["true"])

    burned, later = inside(body, profile=make_profile("[budgets]\ncpu_seconds_call = 1\n"))
    assert burned.signal in (signal.SIGXCPU, signal.SIGKILL)
    assert (burned.result.error, burned.feedback) == ("budget_cpu", "mask")
    assert later.exit_code == 0, "another call has its own second"


def test_wall_time_of_a_call_ends_it(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> Outcome:
        return await episode.call(["sleep", "67.25"])

    started = time.monotonic()
    outcome = inside(body, profile=make_profile("[budgets]\nwall_seconds_call = 1\n"))
    assert time.monotonic() - started < 4
    assert outcome.result.outcome == "killed"
    assert outcome.result.error == "budget_wall"


def test_wall_time_of_a_call_ends_its_daemon_too(
    inside: Any, make_profile: Callable[..., Path], processes_with: Callable[[str], list[int]], eventually: Any
) -> None:
    async def body(episode: Episode) -> None:
        assert (await episode.call(["sh", "-c", "setsid sleep 68.25 &"])).result.background == 1
        await eventually(lambda: not processes_with("68.25"), 4)

    inside(body, profile=make_profile("[budgets]\nwall_seconds_call = 1\n"))


def test_wall_time_of_the_episode_ends_what_runs_and_refuses_what_comes(
    inside: Any, make_profile: Callable[..., Path]
) -> None:
    async def body(episode: Episode) -> tuple[Outcome, Outcome]:
        return await episode.call(["sleep", "69.25"]), await episode.call(["true"])

    slept, later = inside(body, profile=make_profile("[budgets]\nwall_seconds_episode = 1\n"))
    assert (slept.result.outcome, slept.result.error) == ("killed", "budget_wall")
    assert slept.result.wall_us < 4_000_000
    assert later.verdict.reason == "budget_wall"


def test_processes_are_bounded(inside: Any, make_profile: Callable[..., Path], python: list[str]) -> None:
    async def body(episode: Episode) -> Outcome:
        return await episode.call([*python, FORKS])

    born = int(inside(body, profile=make_profile("[budgets]\nprocesses = 20\n")).stdout.split()[-1])
    assert 5 <= born < 20


def test_memory_is_bounded(inside: Any, make_profile: Callable[..., Path], python: list[str]) -> None:
    async def body(episode: Episode) -> list[int | None]:
        return [
            (await episode.call([*python, f"x = bytearray({size} << 20)"])).exit_code
            for size in (50, 500)
        ]  # fmt: skip

    assert inside(body, profile=make_profile("[budgets]\nmemory_bytes = 209715200\n")) == [0, 1]


def test_shared_memory_ends_the_call(inside: Any, make_profile: Callable[..., Path], python: list[str]) -> None:
    hog = (
        "import mmap, os, time\n"
        "area = mmap.mmap(-1, {size} << 20)\n"
        "for at in range(0, len(area), 4096): area[at] = 1\n"
        "time.sleep({seconds})"
    )

    async def body(episode: Episode) -> list[Outcome]:
        commands = [hog.format(size=100, seconds=0.6), hog.format(size=300, seconds=20)]
        return [await episode.call([*python, command]) for command in commands]

    honest, greedy = inside(body, profile=make_profile("[budgets]\nmemory_bytes = 209715200\n"))
    assert (honest.exit_code, honest.result.error) == (0, None)
    assert (greedy.signal, greedy.result.error) == (9, "budget_memory")
    assert greedy.result.wall_us < 10_000_000
    assert greedy.feedback == "mask"


def test_a_daemon_without_its_first_thread_is_counted_and_ended(
    inside: Any, make_profile: Callable[..., Path], python: list[str]
) -> None:
    headless = (
        "import ctypes, os, threading, time\n"
        "def work():\n"
        "    while True: pass\n"
        "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "threading.Thread(target=work).start()\n"
        "ctypes.CDLL(None).syscall(60, 0)"
    )

    async def body(episode: Episode) -> tuple[Outcome, int, int, dict[int, str]]:
        outcome = await episode.call([*python, headless])
        await episode.settle(0.3)
        living = episode.watch.living(1)
        await episode.settle(3)
        return outcome, living, episode.watch.living(1), dict(episode.watch.over_budget)

    outcome, before, after, over = inside(body, profile=make_profile("[budgets]\ncpu_seconds_episode = 1\n"))
    assert (outcome.exit_code, outcome.result.background) == (0, 1)
    assert (before, after, over) == (1, 0, {1: "budget_cpu"})


def test_observing_enforces_no_budget(inside: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode) -> list[Outcome]:
        await episode.settle(1.1)
        return [await episode.call(["sleep", "0.5"]), await episode.call(["true"])]

    outcomes = inside(body, profile=make_profile("[budgets]\ncalls = 1\nwall_seconds_episode = 1\n", base="observe"))
    assert [outcome.verdict.reason for outcome in outcomes] == ["allowed_observe", "allowed_observe"]
    assert [outcome.exit_code for outcome in outcomes] == [0, 0]
