"""Other processes' memory, read on our own."""

from __future__ import annotations

import ctypes
import mmap
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.kernel import memory

READER = memory.Reader(64 * 1024)


@given(st.binary(min_size=1, max_size=9000), st.integers(0, 9000))
def test_memory_is_read_as_it_stands(data: bytes, size: int) -> None:
    buffer = ctypes.create_string_buffer(data, len(data))
    wanted = min(size, len(data))
    if wanted:
        assert memory.read(os.getpid(), ctypes.addressof(buffer), wanted) == data[:wanted]


def test_reading_stops_at_a_page_that_is_not_there() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(3 * mmap.PAGESIZE), 3, 0x22, -1, 0)
    ctypes.memset(address, ord("a"), 3 * mmap.PAGESIZE)
    assert libc.munmap(ctypes.c_void_p(address + 2 * mmap.PAGESIZE), ctypes.c_size_t(mmap.PAGESIZE)) == 0
    try:
        assert memory.read(os.getpid(), address + mmap.PAGESIZE, 2 * mmap.PAGESIZE) == b"a" * mmap.PAGESIZE
        with pytest.raises(OSError, match="process_vm_readv"):
            memory.read(os.getpid(), address + 2 * mmap.PAGESIZE, 1)
    finally:
        libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(2 * mmap.PAGESIZE))


@pytest.mark.parametrize("protection", [mmap.PROT_WRITE, mmap.PROT_EXEC])
def test_a_page_that_its_owner_may_not_read_is_read(protection: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with mmap.mmap(-1, 2 * mmap.PAGESIZE) as pages:
        address = ctypes.addressof(view := ctypes.c_char.from_buffer(pages))
        pages.write(b"a" * mmap.PAGESIZE + b"b" * mmap.PAGESIZE)
        second = ctypes.c_void_p(address + mmap.PAGESIZE)
        assert libc.mprotect(second, ctypes.c_size_t(mmap.PAGESIZE), protection) == 0
        assert memory.read(os.getpid(), address + mmap.PAGESIZE - 2, 4) == b"aabb"
        pieces = [(address, 1), (address + mmap.PAGESIZE, 2), (address + 1, 1)]
        assert READER.gather(os.getpid(), pieces) == b"abba"
        assert libc.mprotect(second, ctypes.c_size_t(mmap.PAGESIZE), mmap.PROT_READ | mmap.PROT_WRITE) == 0
        del view


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_many_strings_at_once_end_at_nul(words: list[bytes]) -> None:
    buffers = [ctypes.create_string_buffer(word, len(word) + 1) for word in words]
    addresses = [ctypes.addressof(buffer) for buffer in buffers]
    got = READER.words(os.getpid(), addresses, 200)
    assert len(got) == len(words)
    assert got == [word.split(b"\0")[0][:200] for word in words]


@pytest.mark.parametrize("before", [1, 7, 8, 100])
def test_a_string_goes_on_behind_its_page(before: int) -> None:
    with mmap.mmap(-1, 2 * mmap.PAGESIZE) as pages:
        address = ctypes.addressof(view := ctypes.c_char.from_buffer(pages)) + mmap.PAGESIZE - before
        pages.seek(mmap.PAGESIZE - before)
        pages.write(b"--remote-forward=9022:localhost:22\0other")
        expected = b"--remote-forward=9022:localhost:22"
        assert READER.words(os.getpid(), [address, address], 1024) == [expected, expected]
        assert READER.words(os.getpid(), [address], before) == [expected[:before]]
        del view


def test_many_with_a_bad_address_gives_what_comes_before() -> None:
    good = ctypes.create_string_buffer(b"good")
    assert READER.words(os.getpid(), [ctypes.addressof(good), 8], 64)[0] == b"good"
    with pytest.raises(OSError, match="process_vm_readv"):
        READER.words(os.getpid(), [8], 64)


def test_pieces_come_joined_and_end_where_memory_ends() -> None:
    first, second = ctypes.create_string_buffer(b"one"), ctypes.create_string_buffer(b"two")
    pieces = [(ctypes.addressof(first), 3), (ctypes.addressof(second), 3)]
    assert READER.gather(os.getpid(), pieces) == b"onetwo"
    assert READER.gather(os.getpid(), [*pieces, (8, 3)]) == b"onetwo"
    with pytest.raises(ValueError, match="65536 in 1024 fit"):
        READER.gather(os.getpid(), [(0, 64 * 1024 + 1)])


def test_nobodys_memory_cannot_be_read() -> None:
    with pytest.raises(OSError, match="process_vm_readv"):
        memory.read(2**22 + 1, 4096, 1)
