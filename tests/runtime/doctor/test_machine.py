"""The machine's row: what is known by tables only is said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.cell import authority
from vigiles.runtime.doctor.machine import clock_row, machine_row, roots_row


@pytest.mark.parametrize(
    ("machine", "state", "said"),
    [
        ("x86_64", "works", "x86_64"),
        ("aarch64", "works", "never ran on such a machine"),
        ("riscv64", "missing", "no system call table for riscv64"),
    ],
)
def test_each_machine(monkeypatch: pytest.MonkeyPatch, machine: str, state: str, said: str) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    row = machine_row()
    assert (row.state, row.tier) == (state, "U-")
    assert said in row.detail
    assert bool(row.more) == (state == "missing")


def test_the_clocks_go() -> None:
    assert clock_row().state == "works"


def test_a_clock_that_nobody_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 12.0)
    assert clock_row().state == "missing"


def test_roots_are_counted_and_their_lack_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificate = authority.trust_in(authority.mint()).certificate
    (tmp_path / "roots.pem").write_text(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    assert (roots_row().state, roots_row().detail) == ("works", "1 in a bundle")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert roots_row().state == "missing"
    assert "egress.trust" in roots_row().more
