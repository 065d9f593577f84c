"""A real receiver on loopback, and a ledger whose incidents grow as they are told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from vigiles.incidents.correlate import Correlator
from vigiles.ledger.mint import now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.attribution import Attribution
from vigiles.model.coordinates import Coordinates
from vigiles.model.finding import Finding
from vigiles.model.incident import Incident

SECRET = b"0123456789abcdef0123456789abcdef"


class Receiving:
    """``answers`` is asked for the status of each message; ``slow_s`` holds each answer back."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: Callable[[bytes], int] = lambda _: 200
        self.slow_s = 0.0
        receiving = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiving.got.append((dict(self.headers), body))
                time.sleep(receiving.slow_s)
                try:
                    self.send_response(receiving.answers(body))
                    self.send_header("Location", receiving.url + "elsewhere")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?token=t0p"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def told(self) -> list[tuple[str, str]]:
        """(what, id) of every message."""
        return [(message["what"], message["id"]) for message in map(json.loads, (body for _, body in self.got))]

    def wait(self, count: int, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while len(self.got) < count:
            assert time.monotonic() < deadline, f"{len(self.got)} of {count} messages came"
            time.sleep(0.02)


@pytest.fixture
def receiving() -> Iterator[Receiving]:
    made = Receiving()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Ledger:
    def __init__(self, home: Path) -> None:
        self.client = SyncRecorderClient(home, idle_exit_s=0.2)
        self.correlator = Correlator()
        self.count = 0

    def find(self, episode: str = "ep-1", severity: Any = "medium", **more: Any) -> Incident:
        self.count += 1
        fields: dict[str, Any] = {
            "id": f"fnd-{self.count}",
            "at": now(),
            "coordinates": Coordinates(run="run-1", episode=episode, call=1),
            "detector": "stratum",
            "rule": "stratum.conversation",
            "author": "Vigiles",
            "techniques": [],
            "severity": severity,
            "summary": "mining \x1b[2J<script>",
            "cause": "egress:1:pool.example:3333",
            "attribution": Attribution(grade="exact", call=1, methods=["listener"]),
            "evidence": [],
            "occurred_us": now().wall_us,
            **more,
        }
        version = self.correlator.feed(Finding(**fields))
        assert version is not None
        self.client.append([version])
        return version

    def say(self, version: Incident) -> Incident:
        self.client.append([version])
        return version


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    made = Ledger(home)
    yield made
    made.client.close()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_bytes(SECRET + b"\n")
    return path


@pytest.fixture
def settings(home: Path) -> Callable[[str], None]:
    def write(text: str) -> None:
        (home / "settings.toml").write_text(text)

    return write
