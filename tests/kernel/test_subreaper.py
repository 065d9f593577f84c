"""A subreaper keeps what it started, however it daemonises, and kills it."""

from __future__ import annotations

import os
import signal
import time

import pytest

from vigiles.kernel import processes, subreaper


def _daemonise(writer: int) -> None:
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(writer, os.getpid().to_bytes(4, "little"))
    time.sleep(60)
    os._exit(0)


def _below(body):  # type: ignore[no-untyped-def]
    """Run ``body(daemon)`` in a subreaper that has a daemon below a child; return what it returned."""

    def run() -> object:
        subreaper.become()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            _daemonise(writer)
            os._exit(0)
        daemon = int.from_bytes(os.read(reader, 4), "little")
        os.waitpid(child, 0)
        try:
            return body(daemon)
        finally:
            subreaper.end_below(os.getpid())

    return run


def test_a_daemon_comes_back_to_its_subreaper(in_child) -> None:
    def body(daemon: int) -> bool:
        until = time.monotonic() + 5
        while subreaper.stat(daemon)[1] != os.getpid():  # type: ignore[index]
            assert time.monotonic() < until
            time.sleep(0.01)
        return processes.descendants(os.getpid()) == [daemon] or daemon in processes.descendants(os.getpid())

    assert in_child(_below(body)) is True


def test_it_is_stopped_and_killed(in_child) -> None:
    def body(daemon: int) -> list[str]:
        subreaper.stop_below(os.getpid())
        stopped = subreaper.stat(daemon)[0]  # type: ignore[index]
        subreaper.end_below(os.getpid())
        dead = subreaper.stat(daemon)
        return [stopped, "Z" if dead is None else dead[0]]

    assert in_child(_below(body)) == ["T", "Z"]


def test_those_that_are_spared_live(in_child) -> None:
    def run() -> bool:
        spared = os.fork()
        if spared == 0:
            time.sleep(30)
            os._exit(0)
        subreaper.end_below(os.getpid(), frozenset({spared}))
        lives = subreaper.stat(spared)
        os.kill(spared, 9)
        return lives is not None and lives[0] != "Z"

    assert in_child(run) is True


def test_a_branch_is_the_child_above_a_process() -> None:
    reader, writer = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        os.write(writer, child.to_bytes(4, "little"))
        os.waitpid(child, 0)
        os._exit(0)
    child = int.from_bytes(os.read(reader, 4), "little")
    assert subreaper.branch(child, os.getpid()) == keeper
    assert subreaper.branch(f"{child}/task/{child}", os.getpid()) == keeper
    assert subreaper.branch(keeper, os.getpid()) is None
    assert subreaper.branch(1, os.getpid()) is None
    os.kill(child, signal.SIGKILL)
    os.waitpid(keeper, 0)
    os.close(reader)
    os.close(writer)


def test_what_does_not_die_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process in a system call that cannot be interrupted: it is signalled again and again, and lives."""
    monkeypatch.setattr(subreaper, "_ENDING_S", 0.3)
    monkeypatch.setattr(subreaper, "send_below", lambda *_: [os.getpid()])
    began = time.monotonic()
    subreaper.end_below(os.getpid())
    assert 0.3 <= time.monotonic() - began < 30
