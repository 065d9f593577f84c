"""The tables against the system's own headers, and against each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vigiles.kernel.syscall_numbers import _ALIKE, AARCH64, ARCHITECTURES, NEWEST_KNOWN, X86_64, Architecture

#: linux-libc-dev brings both, on every architecture the second: a compiler needs them.
HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
#: linux/audit.h: the machine of elf-em.h, and the bits for 64 and for little-endian.
EM_X86_64, EM_AARCH64, LITTLE_ENDIAN_64 = 62, 183, 0xC000_0000
#: Newer than the headers of some systems that we support.
NEW = {"open_tree_attr", "quotactl_fd"}
BOTH = pytest.mark.parametrize("on", ARCHITECTURES.values(), ids=list(ARCHITECTURES))


def _header(machine: str) -> dict[str, int]:
    header = next((Path(path) for path in HEADERS[machine] if Path(path).exists()), None)
    if header is None:
        pytest.skip(f"no {HEADERS[machine][0]} here: install linux-libc-dev")
    # __NR3264_: calls of which 32-bit and 64-bit architectures have different kinds under one number.
    found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text(), re.MULTILINE)
    return {name: int(number) for name, number in found}


@BOTH
def test_numbers_are_the_headers(on: Architecture) -> None:
    known = _header(on.machine)
    assert len(known) > 200
    ours = {name: number for name, number in on.numbers.items() if name in known}
    assert ours == {name: known[name] for name in ours}
    assert set(on.numbers) - set(known) <= NEW  # anything else that is missing there is a slip of ours


def test_what_aarch64_has_not_its_header_has_not() -> None:
    lacking = set(X86_64.numbers) - set(AARCH64.numbers)
    assert lacking == {"ustat", "iopl", "ioperm"}
    assert not lacking & set(_header("aarch64"))
    assert not set(AARCH64.numbers) - set(X86_64.numbers)


def test_aarch64_has_no_call_of_its_own_that_nobody_judged() -> None:
    """What its header has and the other's has not: kinds of known calls, for 32 bits of address or for other systems."""
    own = set(_header("aarch64")) - set(_header("x86_64"))
    assert {name for name in own if not re.search(r"64$|^fstatat$", name)} <= {
        "arch_specific_syscall", "syscalls", "sync_file_range2",
    }  # fmt: skip


@BOTH
def test_numbers_are_unique_and_none_is_newer_than_the_newest(on: Architecture) -> None:
    assert len(set(on.numbers.values())) == len(on.numbers)
    assert max(on.numbers.values()) <= NEWEST_KNOWN
    assert {name for name, number in on.numbers.items() if number >= 424} == set(_ALIKE)


def test_machines_are_told_apart_as_the_kernel_does() -> None:
    assert X86_64.audit == LITTLE_ENDIAN_64 | EM_X86_64
    assert AARCH64.audit == LITTLE_ENDIAN_64 | EM_AARCH64
    assert (X86_64.x32, AARCH64.x32) == (True, False)
    assert {machine: one.machine for machine, one in ARCHITECTURES.items()} == {"x86_64": "x86_64", "aarch64": "aarch64"}
