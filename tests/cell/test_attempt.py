"""What the end of an attempt proves, and what it does not."""

from __future__ import annotations

import errno

import msgspec
import pytest

from vigiles.cell.attempt import Attempt, attempt, breaches, read_report
from vigiles.model.cell import ProbeResult


def _make(name: str, act: object, refusals: set[int], landlock: int = 0) -> Attempt:
    return Attempt(name, act, frozenset(refusals), landlock)  # type: ignore[arg-type]  # tests pass lambdas


def _fail(number: int) -> None:
    raise OSError(number, "no")


def test_an_unexpected_error_proves_nothing() -> None:
    attempts = [
        _make("refused", lambda: _fail(errno.EPERM), {errno.EPERM}),
        _make("out of descriptors", lambda: _fail(errno.EMFILE), {errno.EPERM}),
        _make("worked", lambda: None, {errno.EPERM}),
        _make("broken", lambda: [][1], {errno.EPERM}),
    ]
    results = attempt(attempts)
    assert [result.stopped for result in results] == [True, False, False, False]
    assert [result.name for result in breaches(results)] == ["out of descriptors", "worked", "broken"]
    assert results[1].detail == "unexpected EMFILE"


@pytest.mark.parametrize(("abi", "tried"), [(5, 0), (6, 1), (7, 1)])
def test_what_landlock_cannot_do_is_not_asked(abi: int, tried: int) -> None:
    attempts = [_make("signal", lambda: _fail(errno.EPERM), {errno.EPERM}, landlock=6)]
    assert len(attempt(attempts, landlock_abi=abi)) == tried


def test_a_report_survives_and_a_cut_one_is_refused() -> None:
    data = msgspec.json.encode([ProbeResult(name="x", stopped=True)])
    assert read_report(data) == [ProbeResult(name="x", stopped=True)]
    with pytest.raises(msgspec.DecodeError):
        read_report(data[:-3])
