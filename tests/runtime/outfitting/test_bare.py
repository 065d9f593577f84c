"""When tier U- is given, what it refuses, and what its records say is weaker."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from vigiles.cell.spec import CellSpec
from vigiles.model.errors import ControlUnavailable
from vigiles.ruleset.load import load_with
from vigiles.ruleset.profile import Profile
from vigiles.runtime.outfitting import bare

_SPEC = CellSpec(run="r", episode="ep-1", uid=1, gid=1, host_root=False, workdir="/w", workdir_mode="direct", shim=True)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    (tmp_path / "profile.toml").write_text(
        'name="bare"\nextends="no-network"\ntier="U-"\n[files]\nworkdir="direct"\napply="all"\n'
    )
    return load_with(tmp_path, [], []).profile


@pytest.fixture
def ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_a_fitting_profile_is_accepted(profile: Profile, ordinary: None) -> None:
    bare.accept(profile)


def test_what_it_has_not_is_refused_with_a_remedy(profile: Profile, ordinary: None) -> None:
    replace = msgspec.structs.replace
    wanted = {
        "tier U": replace(profile, tier="U"),
        "work directory overlay": replace(profile, files=replace(profile.files, workdir="overlay")),
        "Landlock denials": replace(profile, files=replace(profile.files, denials=True)),
        "total memory limit": replace(profile, budgets=replace(profile.budgets, memory_bytes_cell=1 << 30)),
    }
    for control, one in wanted.items():
        with pytest.raises(ControlUnavailable) as refused:
            bare.accept(one)
        assert str(refused.value).startswith(f"{control}: ")
        assert refused.value.remedy


def test_root_is_refused(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(ControlUnavailable, match="root"):
        bare.accept(profile)


def test_it_is_never_chosen_for_a_profile_of_tier_u(profile: Profile) -> None:
    assert asyncio.run(bare.chosen(msgspec.structs.replace(profile, tier="U"), None)) is False
    assert asyncio.run(bare.chosen(profile, "U-")) is True
    assert asyncio.run(bare.chosen(profile, "U")) is False


def test_a_cell_of_this_tier_has_its_own_home_and_no_shim() -> None:
    spec = bare.fit(_SPEC)
    assert (spec.tier, spec.shim, spec.network) == ("U-", False, True)
    assert spec.home == f"{spec.private}/home"
    assert "ep-1" in spec.private
    assert bare.environment(_SPEC, {"HOME": "/home/agent"}) == {"HOME": "/home/agent"}


def test_a_call_has_its_own_folders_and_asks_names_over_tcp_where_there_is_a_door() -> None:
    spec = bare.fit(_SPEC)
    own = {"HOME": spec.home, "TMPDIR": f"{spec.private}/tmp"}
    given = {"HOME": "/home/agent", "A": "1"}
    assert bare.environment(spec, given) == {**own, "A": "1", "RES_OPTIONS": "use-vc"}
    assert bare.environment(spec, {"RES_OPTIONS": "debug"}) == {**own, "RES_OPTIONS": "debug"}
    assert bare.environment(msgspec.structs.replace(spec, network=False), given) == {**own, "A": "1"}


def test_a_network_is_accepted_and_told(profile: Profile, ordinary: None) -> None:
    bare.accept(msgspec.structs.replace(profile, egress=msgspec.structs.replace(profile.egress, mode="allow")))
    for network in (True, False):
        controls = bare.controls(msgspec.structs.replace(bare.fit(_SPEC), network=network), 7, 100, 0)
        assert next(one.applied for one in controls if one.name == "door") is network


def test_every_weaker_point_stands_in_the_record() -> None:
    controls = {one.name: one for one in bare.controls(bare.fit(_SPEC), 7, 100, 0)}
    for name, what in bare.WEAKER:
        assert controls[name].applied is False
        assert what in controls[name].detail
    assert controls["Landlock"].applied
    assert not controls["memory limit per process"].applied
