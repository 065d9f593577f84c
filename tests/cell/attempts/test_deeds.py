"""What attempts share: it really does the thing, and leaves nothing."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from vigiles.cell.attempts.deeds import create, libc, make_socket, open_file


def test_a_file_is_made_and_gone(tmp_path: Path) -> None:
    before = tmp_path.stat().st_mtime_ns
    create(str(tmp_path))
    assert tmp_path.stat().st_mtime_ns > before
    assert list(tmp_path.iterdir()) == []


def test_errors_are_the_kernels() -> None:
    with pytest.raises(FileNotFoundError):
        create("/nowhere")
    with pytest.raises(FileNotFoundError):
        open_file("/nowhere")
    with pytest.raises(OSError, match="Errno") as refused:
        make_socket(255, socket.SOCK_STREAM)
    assert refused.value.errno == errno.EAFNOSUPPORT
    with pytest.raises(OSError, match="Errno") as refused:
        libc("close", -1)
    assert refused.value.errno == errno.EBADF
    libc("getpid")
