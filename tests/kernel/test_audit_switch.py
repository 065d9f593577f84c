"""Audit records on while somebody of ours reads them; what others switched on stays on."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.kernel import audit, audit_switch
from vigiles.kernel.audit_switch import AuditSwitch, may_switch_off

needs_off = pytest.mark.asroot


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A file of one's own; the machine's setting is afterwards what it was before."""
    try:
        before = audit.status().enabled
    except OSError:
        pytest.skip("needs root and CAP_AUDIT_CONTROL in the initial namespaces")
    if before:
        pytest.skip("audit records are on: somebody needs them")
    yield tmp_path / "folder" / "audit"
    if audit.status().enabled == 1:
        audit.switch(on=False)


@pytest.mark.parametrize(
    ("ours", "enabled", "daemon", "off"),
    [
        (True, 1, 0, True),
        (True, 1, 4711, False),  # an audit daemon has come
        (True, 2, 0, False),  # locked
        (True, 0, 0, False),
        (False, 1, 0, False),
    ],
)
def test_who_switches_off(ours: bool, enabled: int, daemon: int, off: bool) -> None:
    assert may_switch_off(ours, audit.Status(enabled, 1, daemon, 0, 64, 0, 0)) is off


def test_a_machine_that_stops_at_a_lost_record_is_left_alone() -> None:
    audit_switch.check(audit.Status(0, 1, 0, 0, 64, 0, 0))
    with pytest.raises(OSError, match="stops this machine") as caught:
        audit_switch.check(audit.Status(0, 2, 0, 0, 64, 0, 0))
    assert caught.value.errno == errno.EOPNOTSUPP


@needs_off
def test_on_while_it_is_held(file: Path) -> None:
    held = AuditSwitch.hold(file)
    assert audit.status().enabled == 1
    assert held.ours
    assert held.restore() is True
    assert audit.status().enabled == 0
    assert not file.exists()
    assert held.restore() is False


@needs_off
def test_the_last_to_leave_switches_off(file: Path) -> None:
    first, second = AuditSwitch.hold(file), AuditSwitch.hold(file)
    assert second.ours
    assert first.restore() is False
    assert audit.status().enabled == 1
    third = AuditSwitch.hold(file)
    assert second.restore() is False
    assert third.restore() is True
    assert audit.status().enabled == 0


@needs_off
def test_what_somebody_else_switched_on_stays_on(file: Path) -> None:
    audit.switch(on=True)
    held = AuditSwitch.hold(file)
    assert not held.ours
    assert held.restore() is False
    assert audit.status().enabled == 1


@needs_off
def test_a_mark_of_another_boot_is_nobodys(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("00000000-0000-0000-0000-000000000000\n")
    audit.switch(on=True)
    held = AuditSwitch.hold(file)
    assert not held.ours
    assert held.restore() is False
    assert audit.status().enabled == 1


@needs_off
def test_a_killed_reader_leaves_them_on_and_the_next_takes_over(file: Path) -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            AuditSwitch.hold(file)
            os.write(writer, b"x")
            signal.pause()
        finally:
            os._exit(1)
    os.close(writer)
    assert os.read(reader, 1) == b"x"
    os.close(reader)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert audit.status().enabled == 1
    held = AuditSwitch.hold(file)
    assert held.ours
    assert held.restore() is True
    assert audit.status().enabled == 0


@needs_off
def test_switched_off_under_us_it_is_switched_on_for_the_next(file: Path) -> None:
    first = AuditSwitch.hold(file)
    audit.switch(on=False)
    second = AuditSwitch.hold(file)
    assert audit.status().enabled == 1
    assert first.restore() is False
    assert second.restore() is True


def test_a_link_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "audit").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        AuditSwitch.hold(tmp_path / "audit")
    assert not (tmp_path / "elsewhere").exists()


def test_the_file_is_the_machines() -> None:
    assert str(audit_switch.FILE) == "/run/vigiles/audit"
