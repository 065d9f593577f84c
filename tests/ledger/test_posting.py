"""Notices and checkpoints go the same way: over real TLS, by an authority that the test makes."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.posting import Answer, post


def test_a_certificate_by_the_authority_that_is_named(https: Any) -> None:
    server = https()
    assert post(server.url, b"x", {"X-A": "b"}, 10, str(server.authority)) == Answer(200, "text/plain", b"taken")
    ((path, headers, body),) = server.got
    assert (path, headers["X-A"], headers["User-Agent"], body) == ("/hook", "b", "vigiles", b"x")


def test_every_other_certificate_is_refused(https: Any, tmp_path: Path) -> None:
    server, other = https(), https()
    for authority in (None, str(other.authority)):
        with pytest.raises(NotDelivered, match="CERTIFICATE_VERIFY_FAILED"):
            post(server.url, b"x", {}, 10, authority)
    with pytest.raises(NotDelivered, match=r"(?i)hostname|certificate"):
        post(server.url.replace("127.0.0.1", "localhost"), b"x", {}, 10, str(server.authority))
    past = https(days=(-3, -1))
    with pytest.raises(NotDelivered, match="CERTIFICATE_VERIFY_FAILED"):
        post(past.url, b"x", {}, 10, str(past.authority))
    (tmp_path / "empty.pem").write_text("")
    for file in ("empty.pem", "none.pem"):
        with pytest.raises(NotDelivered, match="cannot use"):
            post(server.url, b"x", {}, 10, str(tmp_path / file))
    with pytest.raises(NotDelivered):  # no TLS at the other end
        post(server.url.replace("https", "http"), b"x", {}, 10, None)
    assert server.got == []


def test_redirects_are_answers_and_are_not_followed(https: Any) -> None:
    server = https(lambda path: 302 if path == "/hook" else 200)
    assert post(server.url, b"x", {}, 10, str(server.authority)).status == 302
    assert [path for path, _, _ in server.got] == ["/hook"]


def test_one_that_hangs_in_the_handshake_or_after_it_is_left(https: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(NotDelivered, match="timed out"):
            post(f"https://127.0.0.1:{silent.getsockname()[1]}/", b"x", {}, 0.3, None)
    server = https()
    server.slow_s = 2.0
    with pytest.raises(NotDelivered, match="timed out"):
        post(server.url, b"x", {}, 0.3, str(server.authority))


def test_one_that_drips_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                try:
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while True:
                        peer.sendall(b"y")
                        time.sleep(0.1)
                except OSError:
                    pass

        threading.Thread(target=drip, daemon=True).start()
        with pytest.raises(NotDelivered, match="too long"):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"x", {}, 0.5, None)


def test_no_word_of_the_receiver_is_in_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def lie() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"\x1b[2Jowned\r\n\r\n")

        threading.Thread(target=lie, daemon=True).start()
        with pytest.raises(NotDelivered) as error:
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"x", {}, 10, None)
        assert "owned" not in str(error.value)
