"""A name is there when its owner answers, whatever the length of the path, and the kernel says who that is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vigiles.runtime.serving import named_socket


@pytest.mark.parametrize("depth", [0, 12])
def test_listen_connect_and_peers(home: Path, depth: int) -> None:
    path = home.joinpath(*["a-long-folder-name"] * depth) / "s.sock"
    assert named_socket.connect(path) is None if depth == 0 else True
    with named_socket.listen(path) as listening:
        assert path.parent.stat().st_mode & 0o077 == 0 or depth == 0
        sock = named_socket.connect(path)
        assert sock is not None
        with sock, listening.accept()[0] as other:
            assert named_socket.peer(sock) == named_socket.peer(other) == (os.getpid(), os.geteuid())
    assert named_socket.connect(path) is None
    assert path.exists()
    named_socket.listen(path).close()  # the name of somebody who died is taken over


def test_where_it_is_not_known_nobody_is_taken_for_dead(home: Path) -> None:
    (home / "file").write_text("x")
    with pytest.raises(OSError, match="Not a directory"):
        named_socket.connect(home / "file" / "s.sock")
