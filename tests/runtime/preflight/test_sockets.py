from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from vigiles.runtime.preflight.sockets import below


def test_a_runtimes_socket_is_found_below_what_is_shown(short_folder: Callable[[str], Path]) -> None:
    top = short_folder("s")
    (top / "deep").mkdir()
    (top / "docker.sock").write_text("only a file of that name")
    place = top / "deep" / "docker.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(place))
        assert below([str(top)]) == [str(place)]
        assert below([str(place)]) == [str(place)]
        (top / "link").symlink_to(top / "deep")
        assert below([str(top / "link")]) == [str(place)]
        assert below(["/usr/share", str(top / "docker.sock")]) == []


def test_other_sockets_are_not(short_folder: Callable[[str], Path]) -> None:
    top = short_folder("s")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(top / "other.sock"))
        assert below([str(top)]) == []
