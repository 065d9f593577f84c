from __future__ import annotations

import socket
from typing import Any

import pytest

from vigiles.ledger.delivering import NotDelivered
from vigiles.ledger.posting import Answer
from vigiles.ledger.sinks import post as posting
from vigiles.ledger.sinks.post import post


def test_a_post_and_its_answer(serve: Any) -> None:
    server = serve(lambda path, body: (202, "Text/Plain; charset=x", b"thanks"))
    assert post(server.url + "?a=b", "é".encode(), token="word") == Answer(202, "text/plain", b"thanks")
    ((path, headers, body),) = server.got
    assert (path, body.decode()) == ("/hook?a=b", "é")
    assert headers["Authorization"] == "Bearer word"
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


def test_redirects_are_not_followed_and_answers_are_cut(serve: Any) -> None:
    server = serve(lambda path, body: (307, "text/plain", b"x" * 200_000))
    answer = post(server.url, b"x")
    assert (answer.status, len(answer.body)) == (307, 65_536)
    assert len(server.got) == 1


def test_the_authority_of_the_settings_is_asked(https: Any) -> None:
    server = https()
    assert post(server.url, b"x", ca_file=str(server.authority)).status == 200
    with pytest.raises(NotDelivered, match="CERTIFICATE_VERIFY_FAILED"):
        post(server.url, b"x")
    assert len(server.got) == 1


def test_nobody_there_and_somebody_who_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NotDelivered, match="timed out"):
            post(url, b"x")
    with pytest.raises(NotDelivered, match="refused"):
        post(url, b"x")


def test_an_answer_that_is_no_http(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            peer.recv(4096)
            peer.sendall(b"\x00\x01\x02 rubbish\r\n\r\n")
            peer.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NotDelivered):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"x")
        thread.join()
