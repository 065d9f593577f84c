"""BPF and Landlock's audit records: each part by itself, and no more claimed than was tried."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.kernel import audit, landlock
from vigiles.model.errors import ControlUnavailable
from vigiles.runtime.doctor import kernel_sensors

ROOT = pytest.mark.skipif(os.getuid() != 0, reason="the kernel's own sensors are root's")


def test_an_ordinary_user_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    rows = [*kernel_sensors.bpf_rows(), kernel_sensors.audit_row()]
    assert {row.state for row in rows} == {"not needed"}
    assert [row.control for row in rows] == ["libbpf", "kernel types (BTF)", "BPF programs", "Landlock audit"]


@pytest.mark.asroot
@ROOT
def test_each_part_of_bpf_stands_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise ControlUnavailable("bpf", "libbpf.so.1 cannot be used", "install it")

    whole = {row.control: row.state for row in kernel_sensors.bpf_rows()}
    monkeypatch.setattr("vigiles.kernel.ebpf.libbpf.library", absent)
    rows = {row.control: row for row in kernel_sensors.bpf_rows()}
    assert rows["libbpf"].state == rows["BPF programs"].state == "missing"
    assert rows["libbpf"].more
    assert rows["kernel types (BTF)"].state == whole["kernel types (BTF)"]
    monkeypatch.setattr(kernel_sensors, "_BTF", Path("/no/such/file"))
    assert kernel_sensors.bpf_rows()[1].detail == "no /no/such/file"


@pytest.mark.asroot
@ROOT
@pytest.mark.parametrize(
    ("abi", "status", "state", "said"),
    [
        (7, audit.Status(0, 1, 0, 0, 64, 0, 0), "works", "records are off, can be switched on"),
        (7, audit.Status(1, 1, 0, 0, 64, 0, 0), "works", "records are on"),
        (7, audit.Status(1, 2, 0, 0, 64, 0, 0), "missing", "set to stop"),
        (6, audit.Status(1, 1, 0, 0, 64, 0, 0), "missing", "Landlock ABI 6 makes no records"),
    ],
)
def test_audit_is_asked_and_not_switched(
    monkeypatch: pytest.MonkeyPatch, abi: int, status: audit.Status, state: str, said: str
) -> None:
    def switched(**_: object) -> None:
        raise AssertionError("nothing is to be switched")

    monkeypatch.setattr(landlock, "abi", lambda: abi)
    monkeypatch.setattr(audit, "status", lambda: status)
    monkeypatch.setattr(audit, "switch", switched)
    row = kernel_sensors.audit_row()
    assert row.state == state
    assert said in row.detail
