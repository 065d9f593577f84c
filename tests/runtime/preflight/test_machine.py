from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.ruleset.profile import Egress
from vigiles.runtime.preflight.machine import container, metadata_allowed, privileged


def fake(tmp_path: Path, caps: str, user: int, pid: int) -> Path:
    own = tmp_path / "self"
    (own / "ns").mkdir(parents=True)
    (own / "status").write_text(f"Name:\tx\nCapEff:\t{caps}\n")
    (own / "ns" / "user").symlink_to(f"user:[{user}]")
    (own / "ns" / "pid").symlink_to(f"pid:[{pid}]")
    return tmp_path


NO_CARDS = Path("/nonexistent")


def test_a_privileged_container_is_told(tmp_path: Path) -> None:
    proc = fake(tmp_path, "000001ffffffffff", 4026531837, 4026531836)
    assert len(privileged(proc, "/.dockerenv", NO_CARDS)) == 2
    assert privileged(proc, None, NO_CARDS) == []  # on the host itself that is what root is


def test_an_ordinary_container_is_not(tmp_path: Path) -> None:
    proc = fake(tmp_path, "00000000a80425fb", 4026531837, 4026532000)
    assert privileged(proc, "/.dockerenv", NO_CARDS) == []


def test_real_network_cards(tmp_path: Path) -> None:
    proc = fake(tmp_path / "proc", "0000000000000000", 4026532001, 4026532000)
    (tmp_path / "net" / "lo").mkdir(parents=True)
    assert privileged(proc, "x", tmp_path / "net") == []
    (tmp_path / "net" / "eth0" / "device").mkdir(parents=True)
    assert len(privileged(proc, "x", tmp_path / "net")) == 1


def test_a_container_is_known_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("container", "podman")
    assert container() is not None


@pytest.mark.parametrize(
    ("egress", "told"),
    [
        (Egress(mode="none"), False),
        (Egress(mode="allow", hosts=["169.254.169.254:80"]), False),  # a refused range
        (Egress(mode="allow", hosts=["x.example:80"], pins={"x.example:80": "127.0.0.1"}), False),
        (Egress(mode="allow", hosts=["metadata.goog:80"], pins={"metadata.goog:80": "127.0.0.1"}), True),
        (Egress(mode="allow", hosts=["metadata.goog:80"], refused_ranges=[]), True),
    ],
)
def test_metadata_that_the_profile_allows(egress: Egress, told: bool) -> None:
    assert bool(metadata_allowed(egress)) == told
