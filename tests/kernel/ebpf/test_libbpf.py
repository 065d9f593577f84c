"""The binding to libbpf."""

from __future__ import annotations

import errno

import pytest

from vigiles.kernel.ebpf import libbpf
from vigiles.model.errors import ControlUnavailable


@pytest.fixture
def library() -> None:
    try:
        libbpf.library()
    except ControlUnavailable as error:
        pytest.skip(f"needs libbpf1: {error}")


def test_a_missing_library_is_named_with_its_remedy() -> None:
    with pytest.raises(ControlUnavailable, match=r"libbpf\.so\.0815") as raised:
        libbpf.library("libbpf.so.0815")
    assert raised.value.control == "bpf"
    assert "libbpf1" in raised.value.remedy


def test_another_library_is_not_taken_for_it() -> None:
    with pytest.raises(ControlUnavailable, match="bpf_"):
        libbpf.library("libc.so.6")


def test_what_is_no_object_is_an_error_and_its_reason_is_kept(library: None, capfd: pytest.CaptureFixture[str]) -> None:
    libbpf.said()
    with pytest.raises(OSError, match="read the object"):
        libbpf.open_object(b"not an object", "none")
    assert any("ELF" in line for line in libbpf.said())
    assert libbpf.said() == []
    assert capfd.readouterr() == ("", "")


def test_negative_results_are_errors() -> None:
    assert libbpf.checked(7, "count") == 7
    with pytest.raises(PermissionError, match="load: "):
        libbpf.checked(-errno.EPERM, "load")


def test_null_is_an_error() -> None:
    assert libbpf.present(7, "find") == 7
    with pytest.raises(OSError, match="find: "):
        libbpf.present(None, "find")


def test_a_ring_over_no_map_is_an_error(library: None) -> None:
    with pytest.raises(OSError, match="open the ring buffer"):
        libbpf.ring(-1, lambda data: True)
