"""The socket by which a run is stopped: there when it answers, taken for dead only when nobody listens."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from vigiles.runtime.serving import control
from vigiles.runtime.serving.control import Control, Live


def _serve(home: Path, stop: object = None) -> tuple[list[Live], bool, bool]:
    """Return who lives while one serves, whether it stopped, and whether its socket is left."""
    stopped: list[bool] = []

    async def halt() -> None:
        if isinstance(stop, Exception):
            raise stop
        stopped.append(True)

    async def main() -> tuple[list[Live], bool, bool]:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        served = Control(home, "run-1", "ep-1", halt)
        await served.open()
        try:
            living = await asyncio.to_thread(control.live, home)
            done = await asyncio.to_thread(control.stop, home, living[0])
        finally:
            served.close()
        return living, done and bool(stopped), bool(list((home / "runs").iterdir()))

    return asyncio.run(main())


def test_a_run_is_found_and_stopped_and_leaves_no_socket(home: Path) -> None:
    assert _serve(home) == ([Live("run-1", "ep-1", os.getpid())], True, False)


def test_a_run_that_fails_to_stop_has_not_stopped(home: Path) -> None:
    assert _serve(home, LookupError("a fault of ours"))[1:] == (False, False)


def test_what_a_dead_one_left_is_removed_and_counts_as_stopped(home: Path) -> None:
    folder = home / "runs"
    folder.mkdir()
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(folder / "run-1.ep-1.sock"))
    dead.close()
    assert control.stop(home, Live("run-1", "ep-1", 1))
    assert control.live(home) == []
    assert list(folder.iterdir()) == []


def test_one_that_cannot_be_asked_is_not_taken_for_dead(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "runs"
    folder.mkdir()
    left = folder / "run-1.ep-1.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(left))

        def exhausted(*_: object) -> None:
            raise OSError(24, "no descriptor left")

        monkeypatch.setattr(socket.socket, "connect", exhausted)
        assert not control.stop(home, Live("run-1", "ep-1", 1))
        with pytest.raises(OSError, match="no descriptor"):
            control.live(home)
    assert left.exists()
