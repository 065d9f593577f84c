"""What a look at /proc may cost, and that it ends there."""

from __future__ import annotations

import os
import socket

import pytest

from vigiles.kernel import processes, socktable
from vigiles.kernel.effort import Effort, Exhausted


def test_effort_is_used_up() -> None:
    effort = Effort(3)
    effort.spend(2)
    effort.spend(1)
    with pytest.raises(Exhausted):
        effort.spend(1)


def test_a_look_at_descriptors_ends_with_the_effort() -> None:
    with socket.socket() as sock:
        enough = Effort(10_000)
        assert sock.fileno() in processes.sockets(os.getpid(), enough)
        assert 3 < 10_000 - enough.left < 10_000
        with pytest.raises(Exhausted):
            processes.sockets(os.getpid(), Effort(2))


def test_a_look_at_threads_ends_with_the_effort() -> None:
    effort = Effort(10_000)
    processes.descendants(os.getpid(), effort)
    assert effort.left < 10_000
    with pytest.raises(Exhausted):
        processes.descendants(os.getpid(), Effort(0))


def test_a_look_at_the_table_of_sockets_ends_with_the_effort() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)):
        port = one.getsockname()[1]
        rows = socktable.table(os.getpid(), "tcp", six=False, port=port, effort=Effort(100_000))
        assert {row.local for row in rows} == {("127.0.0.1", port)}
        assert os.fstat(one.fileno()).st_ino in {row.inode for row in rows}
        with pytest.raises(Exhausted):
            socktable.table(os.getpid(), "tcp", six=False, port=port, effort=Effort(1))
