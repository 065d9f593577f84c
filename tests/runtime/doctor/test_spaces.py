"""Namespaces on this machine, and what stands after a step that failed."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from vigiles.runtime.doctor import spaces

pytestmark = pytest.mark.cell


def test_all_work_here() -> None:
    rows = [*spaces.cell_rows(), spaces.process_limit_row()]
    assert [row.control for row in rows if row.state != "works"] == []
    assert {row.tier for row in rows} == {"U", "U-"}


def _refusing(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "no")


@pytest.mark.parametrize(
    ("what", "failed", "not_reached"),
    [
        ("namespaces.map_self", "user namespaces", ["network namespace", "mounts inside", "overlay inside"]),
        ("loopback.bring_up", "network namespace", ["mounts inside", "overlay inside"]),
        ("mounts.bind", "mounts inside", ["overlay inside"]),
        ("overlay.writable", "overlay inside", []),
    ],
)
def test_a_step_that_fails_is_named_and_the_next_were_not_reached(
    monkeypatch: pytest.MonkeyPatch, what: str, failed: str, not_reached: list[str]
) -> None:
    monkeypatch.setattr(f"vigiles.kernel.{what}", _refusing)
    rows = {row.control: row for row in spaces.cell_rows()}
    assert "Operation not permitted" in rows[failed].detail
    assert [name for name, row in rows.items() if row.detail == "not reached"] == not_reached


def test_a_limit_that_does_not_hold_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    setrlimit: Callable[..., None] = lambda *_: None  # noqa: E731 - the name says what it stands for
    monkeypatch.setattr("resource.setrlimit", setrlimit)
    assert spaces.process_limit_row().detail == "the limit does not hold"
