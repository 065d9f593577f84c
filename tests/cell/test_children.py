"""Children that have ended are waited for and told of, each once."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from typing import Any

from vigiles.cell import children


def _fork(ending: Callable[[], object]) -> int:
    pid = os.fork()
    if pid == 0:
        ending()
        os._exit(9)
    return pid


def _play() -> dict[str, Any]:
    """In a process of its own, which has no other children."""
    found: dict[str, Any] = {"none": [children.any_left(), list(children.ended())]}
    reader = children.woken(signal.SIGUSR1)
    code, killed, lives = _fork(lambda: os._exit(7)), _fork(signal.pause), _fork(signal.pause)
    os.kill(killed, signal.SIGKILL)
    for pid in (code, killed):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    found["woken"] = bool(select.select([reader], [], [], 5)[0]) and signal.SIGCHLD in os.read(reader, 100)
    words = {child.pid: child.word(3 if child.pid == code else None) for child in children.ended()}
    found["words"] = [[words[pid].call, words[pid].code, words[pid].signal] for pid in (code, killed)]
    found["one lives"] = [children.any_left(), list(children.ended())]
    os.kill(os.getpid(), signal.SIGUSR1)
    found["signal"] = bool(select.select([reader], [], [], 5)[0]) and signal.SIGUSR1 in os.read(reader, 100)
    os.kill(lives, signal.SIGKILL)
    os.waitid(os.P_PID, lives, os.WEXITED | os.WNOWAIT)
    found["before it is waited for"] = children.any_left()
    found["last"] = [child.pid == lives for child in children.ended()]
    found["nobody"] = children.any_left()
    return found


def test_who_has_ended_is_told_once_and_who_lives_is_left(in_child: Callable[[Callable[[], Any]], Any]) -> None:
    assert in_child(_play) == {
        "none": [False, []],
        "woken": True,
        "words": [[3, 7, None], [None, None, 9]],
        "one lives": [True, []],
        "signal": True,
        "before it is waited for": True,
        "last": [True],
        "nobody": False,
    }
