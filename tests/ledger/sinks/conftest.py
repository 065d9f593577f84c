"""Servers on loopback: a webhook, and an honest witness written from https://c2sp.org/tlog-witness."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigiles.ledger.checkpoint import parse_text
from vigiles.ledger.merkle import verify_consistency
from vigiles.ledger.note import COSIGNATURE, NoteInvalid, Verifier, cosigned_message, open_note

Answer = tuple[int, str, bytes]


@dataclass
class Server:
    """``got``: (path, headers, body) of every request; ``answer`` says what to answer, and may wait."""

    url: str
    answer: Callable[[str, bytes], Answer]
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, _, body in self.got]


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start a server: ``serve(answer)``."""
    running: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[str, bytes], Answer] | None = None, *, port: int = 0) -> Server:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                made.got.append((self.path, dict(self.headers), body))
                status, kind, said = made.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        running.append(server)
        made = Server(f"http://127.0.0.1:{server.server_port}/hook", answer or (lambda path, body: (200, "text/plain", b"")))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return made

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@dataclass
class Witness:
    """Cosigns what only grew. ``trees``: origin -> (size, root) that it last cosigned."""

    log: Verifier
    name: str = "witness.example/w1"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    trees: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, COSIGNATURE, self.key.public_key().public_bytes_raw())

    def __call__(self, path: str, request: bytes) -> Answer:
        if not path.endswith("/add-checkpoint"):
            return 404, "text/plain", b""
        head, _, note = request.partition(b"\n\n")
        first, *proof = head.decode().split("\n")
        word, _, told = first.partition(" ")
        assert (word, str(int(told))) == ("old", told)
        assert len(proof) <= 63
        old, path_nodes = int(told), [base64.b64decode(line, validate=True) for line in proof]
        text = note.decode().rpartition("\n\n")[0] + "\n"
        checkpoint = parse_text(text)
        if checkpoint.origin != self.log.name:
            return 404, "text/plain", b"unknown log\n"
        try:
            open_note(note, [self.log])
        except NoteInvalid:
            return 403, "text/plain", b"no signature by a known key\n"
        if old > checkpoint.size:
            return 400, "text/plain", b"old size beyond the checkpoint\n"
        with self.lock:
            size, root = self.trees.get(checkpoint.origin, (0, b""))
            if old != size:
                return 409, "text/x.tlog.size", f"{size}\n".encode()
            if size == checkpoint.size and size and root != checkpoint.root:
                return 409, "text/x.tlog.size", f"{size}\n".encode()
            if size == 0 and path_nodes:
                return 422, "text/plain", b"a proof from nothing\n"
            if size and not verify_consistency(size, root, checkpoint.size, checkpoint.root, path_nodes):
                return 422, "text/plain", b"the proof does not hold\n"
            self.trees[checkpoint.origin] = (checkpoint.size, checkpoint.root)
        return 200, "text/plain", self.sign(text)

    def sign(self, text: str, seen: int | None = None) -> bytes:
        """Return the cosignature line over a checkpoint's text."""
        seen = int(time.time()) if seen is None else seen
        signature = seen.to_bytes(8, "big") + self.key.sign(cosigned_message(text.encode(), seen))
        return f"— {self.name} {base64.b64encode(self.verifier.id + signature).decode()}\n".encode()


@pytest.fixture
def witness_of() -> type[Witness]:
    """Make a witness that knows a log's key."""
    return Witness


@pytest.fixture
def signed(ledger: Any, make: Any) -> Callable[[int], list[bytes]]:
    """Append records one by one and sign each; return the notes."""

    def grow(count: int) -> list[bytes]:
        for _ in range(count):
            ledger.append(make.act())
            ledger.book.sign()
        return list(ledger.raw()[1])

    return grow
