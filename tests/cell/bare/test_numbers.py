"""The numbers that only tier U- knows, against the kernel's headers where they are installed."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pytest

from vigiles.cell.bare.filter import OWN_ONLY, REFUSED, REPORTED
from vigiles.cell.bare.numbers import NUMBERS
from vigiles.kernel.syscall_numbers import ARCHITECTURES

_HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}


def test_every_judged_call_has_a_number_on_x86_64_and_the_generic_ones_on_aarch64() -> None:
    judged = {*REFUSED, *REPORTED, *OWN_ONLY}
    assert judged == set(NUMBERS["x86_64"])
    old = {"chmod", "chown", "lchown", "utime", "utimes", "futimesat"}
    assert judged - old == set(NUMBERS["aarch64"])


@pytest.mark.parametrize("machine", list(NUMBERS))
def test_no_number_means_two_calls(machine: str) -> None:
    both = [*NUMBERS[machine].values(), *ARCHITECTURES[machine].numbers.values()]
    assert len(both) == len(set(both)), platform.machine()


@pytest.mark.parametrize("machine", list(NUMBERS))
def test_numbers_are_the_kernel_s(machine: str) -> None:
    text = next((Path(place).read_text() for place in _HEADERS[machine] if Path(place).exists()), None)
    if text is None:
        pytest.skip("the kernel's headers are not installed")
    known = {name: int(number) for name, number in re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", text)}
    newer = {"setxattrat", "removexattrat", "file_setattr", "fchmodat2"}
    for name, number in NUMBERS[machine].items():
        assert known.get(name, number if name in newer else None) == number, name
