"""Whose port, whose file."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from vigiles.cell.bare import owned


def test_a_port_is_nobody_s_foreign_or_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        assert owned.listened(os.getpid(), port) == "foreign"  # we hold it, and we are not below ourselves
    assert owned.listened(os.getpid(), port) == "nobody"
    child, number = _child_that_listens()
    try:
        assert owned.listened(os.getpid(), number) == "own"
        with socket.socket() as also:
            also.bind(("127.0.0.2", number))
            also.listen()
            assert owned.listened(os.getpid(), number) == "foreign"
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def _child_that_listens() -> tuple[int, int]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        sock = socket.create_server(("127.0.0.1", 0))
        os.write(writer, sock.getsockname()[1].to_bytes(4, "little"))
        while True:
            sock.accept()
    number = int.from_bytes(os.read(reader, 4), "little")
    os.close(reader)
    os.close(writer)
    return child, number


def test_a_file_lies_where_it_really_lies(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "inside"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    for path, expected in ((inside, True), (outside, False), (inside / "link", False)):
        fd = os.open(path, os.O_PATH)
        assert owned.lies_below(fd, [str(inside.resolve())]) is expected
        os.close(fd)
