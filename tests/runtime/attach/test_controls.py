"""The record says what a cell has and a container that was there before has not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vigiles.model.coordinates import Coordinates
from vigiles.ruleset.profile import Egress, Profile
from vigiles.runtime.attach import controls

WHERE = Coordinates(run="run", episode="ep")


@pytest.mark.parametrize(("door", "raw"), [(False, False), (True, False), (True, True)])
def test_what_is_applied_and_what_is_not(door: bool, raw: bool) -> None:
    made = SimpleNamespace(may_send_raw=lambda: raw) if door else None
    place: Any = SimpleNamespace(door=made, groups=SimpleNamespace(path="/sys/fs/cgroup/c"))
    ready = controls.ready(WHERE, Profile(name="mine", egress=Egress(mode="allow")), place)
    assert (ready.tier, ready.landlock_abi, ready.probes) == ("attached", 0, [])
    applied = {control.name for control in ready.controls if control.applied}
    assert {"cgroup", "BPF", "kill and freeze"} <= applied
    assert ({"door", "nftables default drop", "cut_egress"} <= applied) == door
    assert not applied & controls.WITHOUT.keys()
    assert ("raw packets" in {control.name for control in ready.controls}) == raw
    assert all(control.detail for control in ready.controls if not control.applied)


@pytest.mark.cell
@pytest.mark.asroot
def test_a_real_record_names_the_group(scene: Any, of_type: Any) -> None:
    (ready,) = of_type(scene("watched"), "cell_ready")
    details = {control["name"]: control for control in ready["controls"]}
    assert "vigilestest-" in details["cgroup"]["detail"]
    assert details["door"] == {"name": "door", "applied": False, "detail": "watch only"}
    assert not details["call split"]["applied"]
