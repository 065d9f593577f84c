"""Control groups: each hierarchy named by itself, and nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.cell.groups import TOP
from vigiles.kernel import cgroups
from vigiles.kernel.cgroups import Hierarchies
from vigiles.runtime.doctor import groups


def _states() -> dict[str, tuple[str, str]]:
    return {row.control: (row.state, row.detail) for row in groups.group_rows()}


def test_an_ordinary_user_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert set(_states().values()) == {("not needed", "only with root")}
    assert list(_states()) == ["cgroup v2", "cgroup pids", "cgroup memory"]


@pytest.mark.parametrize(
    ("hierarchies", "places"),
    [
        (None, {"pids": "", "memory": ""}),
        (Hierarchies("/v2", {}), {"pids": "", "memory": ""}),
        (Hierarchies("/v2", {"pids": "/v1/pids"}), {"pids": "version 1, at /v1/pids", "memory": ""}),
        (
            Hierarchies("/v2", {"pids": "/v1/pids"}, frozenset({"memory"})),
            {"pids": "version 1, at /v1/pids", "memory": "version 2"},
        ),
    ],
)
def test_where_a_controller_is(hierarchies: Hierarchies | None, places: dict[str, str]) -> None:
    assert {name: groups._place(hierarchies, name) for name in places} == places


@pytest.mark.alone  # it looks at all groups of the machine, and other tests make some
@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="control groups are root's")
def test_groups_are_made_killed_and_removed() -> None:
    hierarchies = cgroups.here()
    if hierarchies is None:
        pytest.skip("no cgroup version 2 is mounted here")
    before = _ours(hierarchies)
    states = _states()
    assert states["cgroup v2"] == ("works", f"writable, at {hierarchies.unified}")
    for controller in ("pids", "memory"):
        found = controller in hierarchies.legacy or controller in hierarchies.own
        assert states[f"cgroup {controller}"][0] == ("works" if found else "missing")
    assert _ours(hierarchies) <= before


@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="control groups are root's")
def test_a_version_2_without_controllers_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = cgroups.here()
    if found is None:
        pytest.skip("no cgroup version 2 is mounted here")
    bare = Hierarchies(found.unified, {})
    monkeypatch.setattr("vigiles.kernel.cgroups.here", lambda: bare)
    states = _states()
    assert states["cgroup v2"][0] == "works"
    assert {states["cgroup pids"], states["cgroup memory"]} == {("missing", "no controller, in version 2 or 1")}


@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="control groups are root's")
def test_where_none_is_mounted_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vigiles.kernel.cgroups.here", lambda: None)
    states = _states()
    assert states["cgroup v2"] == ("missing", "no cgroup version 2 is mounted")
    assert states["cgroup memory"][0] == "missing"


def _ours(hierarchies: Hierarchies) -> set[str]:
    """Return the groups of supervisors that are dead: others may come and go while we look."""
    place = Path(hierarchies.unified) / TOP
    names = [entry.name for entry in place.iterdir() if entry.is_dir()] if place.exists() else []
    return {name for name in names if not Path(f"/proc/{name.split('-')[-2]}").exists()}
