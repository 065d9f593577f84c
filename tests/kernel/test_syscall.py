"""This machine's table, and errors that carry the kernel's errno."""

from __future__ import annotations

import errno
import platform
import sys

import pytest

from vigiles.kernel import syscall


def test_an_error_is_an_oserror_that_names_the_call() -> None:
    with pytest.raises(OSError, match="setns") as caught:
        syscall.call("setns", -1, 0)
    assert caught.value.errno == errno.EBADF


def test_a_name_that_is_not_known() -> None:
    with pytest.raises(KeyError):
        syscall.number("no_such_call")


def test_another_architecture_has_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(KeyError, match="riscv64"):
        syscall.number("connect")
    with pytest.raises(OSError, match="riscv64") as caught:
        syscall.call("getpid")
    assert caught.value.errno == errno.ENOSYS


def test_each_machine_has_its_own_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert syscall.here().machine == platform.machine()
    found = {}
    for machine in ("x86_64", "aarch64"):
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        found[machine] = syscall.number("connect")
    assert found == {"x86_64": 42, "aarch64": 203}


def test_a_32_bit_program_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kernel may say x86_64 or aarch64, but it counts otherwise."""
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    with pytest.raises(KeyError, match="32-bit"):
        syscall.number("connect")


def test_a_call_that_only_another_architecture_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(OSError, match="iopl") as caught:
        syscall.call("iopl", 0)
    assert caught.value.errno == errno.ENOSYS


def test_prctl_says_what_failed() -> None:
    with pytest.raises(OSError, match="prctl 9999") as caught:
        syscall.prctl(9999)
    assert caught.value.errno == errno.EINVAL
