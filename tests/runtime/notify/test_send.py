"""Real loopback servers, real commands."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vigiles.ledger.delivering import NotDelivered
from vigiles.runtime.notify.send import send
from vigiles.runtime.notify.settings import Command, Webhook
from vigiles.runtime.notify.signature import verify


def test_a_receiver_can_check_who_sent_it(receiving: Any, secret_file: Path) -> None:
    send(Webhook(url=receiving.url, secret_file=str(secret_file)), "inc-1.1", b'{"a":1}')
    ((headers, body),) = receiving.got
    assert body == b'{"a":1}'
    assert headers["X-Vigiles-Delivery"] == "inc-1.1"
    assert headers["Content-Type"] == "application/json"
    secret = secret_file.read_bytes().strip()
    assert secret.decode() not in str(headers)
    signed = (headers["X-Vigiles-Timestamp"], headers["X-Vigiles-Signature"])
    assert verify(secret, *signed, body, int(time.time()))
    assert not verify(secret, *signed, body + b" ", int(time.time()))


def test_without_a_secret_nothing_is_signed(receiving: Any) -> None:
    send(Webhook(url=receiving.url), "i", b"{}")
    assert "X-Vigiles-Signature" not in receiving.got[0][0]


@pytest.mark.parametrize(("status", "refused"), [(301, False), (400, True), (403, True), (429, False), (500, False)])
def test_other_answers_do_not_take_it(receiving: Any, status: int, refused: bool) -> None:
    receiving.answers = lambda _: status
    with pytest.raises(NotDelivered, match=str(status)) as error:
        send(Webhook(url=receiving.url), "i", b"{}")
    assert error.value.refused is refused
    assert len(receiving.got) == 1, "no redirect is followed"


def test_nobody_there_and_no_secret_there(tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/?token=t0p"
        with pytest.raises(NotDelivered) as error:
            send(Webhook(url=url), "i", b"{}")
        assert "t0p" not in str(error.value)
        with pytest.raises(NotDelivered, match="cannot read"):
            send(Webhook(url=url, secret_file=str(tmp_path / "none")), "i", b"{}")
        with pytest.raises(NotDelivered, match="cannot use"):
            send(Webhook(url="https://127.0.0.1/", ca_file=str(tmp_path / "none")), "i", b"{}")


def test_a_silent_receiver_meets_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with pytest.raises(NotDelivered, match=r"too long|timed out"):
            send(Webhook(url=f"http://127.0.0.1:{server.getsockname()[1]}/", timeout_s=1), "i", b"{}")


def test_a_command_gets_it_on_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER_SECRET", "s3cr3t")
    script = (
        "import os, sys, pathlib;"
        f"pathlib.Path({str(tmp_path / 'got')!r}).write_text(sys.stdin.read()"
        " + os.getcwd() + os.environ.get('PAGER_SECRET', ''))"
    )
    send(Command(argv=[sys.executable, "-c", script]), "inc-1.1", b'{"a":1}')
    assert (tmp_path / "got").read_text() == '{"a":1}/'


def test_commands_that_fail(tmp_path: Path) -> None:
    with pytest.raises(NotDelivered, match="ended with 3") as error:
        send(Command(argv=["/bin/sh", "-c", "exit 3"]), "i", b"{}")
    assert error.value.refused
    with pytest.raises(NotDelivered, match="cannot run"):
        send(Command(argv=[str(tmp_path / "none")]), "i", b"{}")


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "late"
    began = time.monotonic()
    with pytest.raises(NotDelivered, match="longer than 1 s"):
        send(Command(argv=["/bin/sh", "-c", f"(sleep 3; touch {mark}) & sleep 60"], timeout_s=1), "i", b"x" * 200_000)
    assert time.monotonic() - began < 20
    time.sleep(3)
    assert not mark.exists()
