from __future__ import annotations

import http.client
import threading

import pytest

from vigiles.model.errors import InputInvalid, LedgerInvalid
from vigiles.runtime.metrics.serve import parse_address, server


def get(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def test_scrapes_are_answered() -> None:
    texts = ["x 1\n"]

    def text() -> str:
        if not texts:
            raise LedgerInvalid("damaged: /secret/path")
        return texts.pop()

    with server(("127.0.0.1", 0), text) as serving:
        threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        port = serving.server_port
        assert get(port, "/metrics?x") == (200, "x 1\n")
        assert get(port, "/")[0] == 404
        assert get(port, "/metrics", "POST")[0] == 501
        status, said = get(port, "/metrics")
        assert status == 500
        assert "secret" not in said
        with pytest.raises(InputInvalid, match="cannot listen"):
            server(("127.0.0.1", port), text)
        serving.shutdown()


def test_addresses() -> None:
    assert parse_address("127.0.0.1:9464") == ("127.0.0.1", 9464)
    assert parse_address("[::1]:0") == ("::1", 0)


@pytest.mark.parametrize(
    "text", ["0.0.0.0:9464", "192.0.2.1:80", "localhost:80", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", ""]
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(InputInvalid) as error:
        parse_address(text)
    assert error.value.remedy
