"""A child that dies or breaks is an answer too."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from vigiles.model.errors import ControlUnavailable
from vigiles.runtime.doctor.child import in_child


def _raising(error: BaseException) -> Callable[[], str]:
    def act() -> str:
        raise error

    return act


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (lambda: "", ("", None)),
        (lambda: "no", ("", "no")),
        (lambda: str(os.write(1, b"seen"))[:0], ("seen", None)),
        (lambda: str(os.kill(os.getpid(), 9)), ("", "the child died of signal 9")),
        (lambda: [""][1], ("", "IndexError")),
        (_raising(OSError(1, "other words")), ("", "Operation not permitted")),
        (_raising(OSError(0, "no cgroup here")), ("", "no cgroup here")),
        (_raising(ControlUnavailable("bpf", "no right", "become root")), ("", "bpf: no right")),
    ],
)
def test_answers(act: Callable[[], str], answer: tuple[str, str | None]) -> None:
    assert in_child(act) == answer


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_the_child_is_an_ordinary_user_unless_told_otherwise() -> None:
    assert in_child(lambda: str(os.getuid()))[1] == "65534"
    assert in_child(lambda: str(os.getuid()), drop=False)[1] == "0"
