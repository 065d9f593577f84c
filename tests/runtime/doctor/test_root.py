"""A uid of one's own and the packet filter, as root and as anybody else."""

from __future__ import annotations

import errno
import os

import pytest

from vigiles.model.errors import ControlUnavailable
from vigiles.runtime.doctor import root
from vigiles.runtime.tier_r import TierR


def test_an_ordinary_user_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert {root.uid_row().state, root.filter_row().state} == {"not needed"}


@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="uids and namespaces without a user namespace are root's")
def test_what_a_run_would_say_is_said_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(name: str) -> TierR:
        raise ControlUnavailable("cgroup", "read-only", "mount it writable")

    monkeypatch.setattr(TierR, "open", refusing)
    row = root.uid_row()
    assert (row.state, row.detail, row.tier) == ("missing", "cgroup: read-only", "R")


@pytest.mark.asroot
@pytest.mark.skipif(os.getuid() != 0, reason="uids and namespaces without a user namespace are root's")
def test_a_kernel_without_nftables(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing() -> None:
        raise OSError(errno.EPROTONOSUPPORT, "nftables")

    monkeypatch.setattr("vigiles.kernel.nftables.drop_by_default", refusing)
    row = root.filter_row()
    assert (row.state, row.detail) == ("missing", "Protocol not supported")
