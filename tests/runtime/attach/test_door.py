"""A door before a container that runs: an attack and its benign twin, what a kill leaves, and what is refused."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.kernel import netspace
from vigiles.model.errors import InputInvalid
from vigiles.runtime.attach import door

Chosen = Callable[..., list[dict[str, Any]]]
TABLES = "table inet vigiles_attach\ntable netdev vigiles_attach\n"
POOL, POOL_6, MIRROR = "203.0.113.20", "2001:db8:77::1", "203.0.113.30"


@pytest.fixture
def locks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(door, "_LOCKS", tmp_path / "attached")
    return tmp_path / "attached"


@pytest.fixture
def space() -> Any:
    fd = netspace.open_of(os.getpid())
    yield fd
    os.close(fd)


def test_a_namespace_has_one_holder(locks: Path, space: int) -> None:
    held = door.lock_of(space)
    with pytest.raises(InputInvalid, match="another"):
        door.lock_of(space)
    door.unlock(space, held)
    assert list(locks.iterdir()) == []
    door.unlock(space, door.lock_of(space))


def test_locks_of_killed_ones_are_swept_and_others_are_not(locks: Path, space: int) -> None:
    locks.mkdir()
    (locks / "1.lock").touch()
    with (locks / "2.lock").open("w") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        held = door.lock_of(space)
        assert {path.name for path in locks.iterdir()} == {"2.lock", f"{netspace.identity()}.lock"}
        door.unlock(space, held)


@pytest.mark.cell
@pytest.mark.asroot
def test_the_attack_is_refused_and_its_twin_passes(scene: Any, of_type: Chosen) -> None:
    told = scene("behind_a_door")
    assert "result" in told["before"]
    assert "result" in told["before 6"]
    assert told["tables"] == TABLES
    assert told["fetched"] == "data"
    for attempt in ("mined", "mined 6", "mined at the allowed host"):
        assert "result" not in told[attempt]
        assert "Error" in told[attempt]
    assert "Error" in told["datagram"]
    assert [word.split(" ")[0] for word in told["arrived"]] == [f"{MIRROR}:80"]
    assert told["looked up"].splitlines() == [f"mirror.example {MIRROR}", "secret.attacker.example gaierror"]
    assert told["code"] == 0
    assert told["report"]["kept"] == []


@pytest.mark.cell
@pytest.mark.asroot
def test_what_the_door_saw_is_the_containers_one_call(scene: Any, of_type: Chosen) -> None:
    told = scene("behind_a_door")
    flows = {(flow["address"] or flow["host"], flow["port"], flow["phase"]): flow for flow in of_type(told, "flow")}
    assert flows[MIRROR, 80, "close"]["host"] == "mirror.example"
    assert flows[MIRROR, 80, "close"]["bytes_in"] > 4
    assert flows[POOL, 3333, "refused"]["reason"] == "egress_address"
    assert flows[POOL_6, 3333, "refused"]["reason"] == "egress_address"
    (mined,) = of_type(told, "flow", reason="egress_protocol")
    assert mined["protocol"] == "stratum"
    for flow in flows.values():
        assert (flow["attribution"]["grade"], flow["attribution"]["methods"]) == ("exact", ["cgroup"])
        assert (flow["coordinates"]["call"], flow["via"]) == (1, "transparent")
    assert [query["name"] for query in of_type(told, "dns_query", outcome="refused")] == ["secret.attacker.example"]
    assert [(one["address"], one["port"]) for one in of_type(told, "connect", outcome="refused")] == [(POOL, 4444)]
    rules = {finding["rule"] for finding in of_type(told, "finding")}
    assert {"denied_egress.protocol", "denied_egress.address", "denied_egress.udp"} <= rules


@pytest.mark.cell
@pytest.mark.asroot
def test_a_connection_that_was_there_before_is_cut(scene: Any) -> None:
    told = scene("behind_a_door")
    assert told["earlier"] == "connected"
    assert told["earlier said"] in ("ConnectionResetError", "TimeoutError")


@pytest.mark.cell
@pytest.mark.asroot
def test_nothing_is_left_when_we_leave(scene: Any) -> None:
    told = scene("behind_a_door")
    assert told["tables after"] == ""
    assert "result" in told["after"]


@pytest.mark.cell
@pytest.mark.asroot
def test_packets_that_the_container_makes_by_itself_are_dropped_at_its_devices(scene: Any, of_type: Chosen) -> None:
    told = scene("raw")
    assert told["before"] == "sent"
    assert told["heard before"]
    assert told["arrived"] == []
    (ready,) = of_type(told, "cell_ready")
    assert [control["name"] for control in ready["controls"] if "CAP_NET_RAW" in control["detail"]] == ["raw packets"]


@pytest.mark.cell
@pytest.mark.asroot
def test_who_shares_the_network_and_not_the_group_is_not_let_out(scene: Any, of_type: Chosen) -> None:
    told = scene("raw")
    assert "Error" in told["neighbour"]
    assert told["fetched"] == "data"
    (refused,) = of_type(told, "flow", phase="refused")
    assert (refused["reason"], refused["attribution"]["grade"]) == ("egress_unattributed", "none")
    assert refused["coordinates"]["call"] is None


@pytest.mark.cell
@pytest.mark.asroot
def test_a_killed_vigiles_leaves_a_container_without_a_way_out(scene: Any, of_type: Chosen) -> None:
    told = scene("killed")
    assert told["code"] == -9
    assert told["second"] == InputInvalid.exit_code
    assert "Error" in told["after the kill"]
    assert "Error" in told["fetched after the kill"]
    assert told["tables after the kill"] == TABLES
    assert [end["reason"] for end in of_type(told, "episode_ended")] == ["supervisor_died"]


@pytest.mark.cell
@pytest.mark.asroot
def test_the_next_one_takes_over_and_lift_lets_go(scene: Any) -> None:
    told = scene("killed")
    assert told["fetched again"] == "data"
    assert (told["lifted"]["door"], told["lifted"]["frozen"]) == (True, False)
    assert told["tables at the end"] == ""
    assert "result" in told["after the lift"]
