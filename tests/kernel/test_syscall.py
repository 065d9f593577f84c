"""Numbers against the system's own header, and errors that carry the kernel's errno."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from vigiles.kernel import syscall

HEADERS = [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")]


def test_numbers_are_the_headers() -> None:
    header = next((path for path in HEADERS if path.exists()), None)
    if header is None:
        pytest.skip("no unistd_64.h here: install linux-libc-dev")
    known = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", header.read_text())}
    ours = {name: number for name, number in syscall.X86_64.items() if name in known}
    assert ours == {name: known[name] for name in ours}
    # Newer than some headers; anything else missing there is a slip of ours.
    assert set(syscall.X86_64) - set(known) <= {"open_tree_attr", "quotactl_fd"}


def test_numbers_are_unique() -> None:
    assert len(set(syscall.X86_64.values())) == len(syscall.X86_64)


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


def test_prctl_says_what_failed() -> None:
    with pytest.raises(OSError, match="prctl 9999") as caught:
        syscall.prctl(9999)
    assert caught.value.errno == errno.EINVAL
