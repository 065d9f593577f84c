"""Calls that a cell's owner gives from outside: performed by our numbers, for nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.model.act import Act
from vigiles.runtime.episode import Episode
from vigiles.runtime.serving import handed, named_socket
from vigiles.runtime.serving.cell_server import CellAnswer, CellRequest, CellServer, socket_of

pytestmark = pytest.mark.cell
Ask = Callable[..., Awaitable[tuple[CellAnswer | None, bytes]]]


async def _ask(path: Path, request: CellRequest | bytes, *, signals: tuple[int, ...] = (), leave: bool = False) -> Any:
    """Ask with a pipe for all outputs; return the answer, None for none, and what was put out."""
    loop = asyncio.get_running_loop()
    sock = named_socket.connect(path)
    assert sock is not None
    reader, writer = os.pipe()
    nowhere = os.open(os.devnull, os.O_RDWR)
    with sock, open(reader, "rb") as output:
        sock.setblocking(False)
        greeting = json.loads(await loop.sock_recv(sock, 4096))
        assert greeting["episode"].startswith("ep-")
        data = request if isinstance(request, bytes) else msgspec.json.encode(request)
        sock.sendmsg(*handed.message(data, [nowhere, writer, writer]))
        await loop.sock_sendall(sock, data)
        os.close(writer)
        os.close(nowhere)
        if leave or signals:
            assert await asyncio.to_thread(output.read, 1) == b"."
        for number in signals:
            await loop.sock_sendall(sock, json.dumps({"signal": number}).encode() + b"\n")
        if leave:
            return None, b""
        line = await loop.sock_recv(sock, 1 << 16)
        answer = msgspec.json.decode(line, type=CellAnswer) if line else None
        return answer, await asyncio.to_thread(output.read)


def _call(*argv: str, **more: Any) -> CellRequest:
    return CellRequest(order="call", argv=list(argv), **more)


@pytest.fixture
def served(inside: Callable[..., Any]) -> Callable[..., Any]:
    """Run a coroutine function with an episode, its server and the way to ask it."""

    def run(body: Callable[[Episode, CellServer, Ask], Awaitable[Any]], **options: Any) -> Any:
        async def main(episode: Episode) -> Any:
            server = CellServer(episode, lambda: episode.end("closed"))
            server.open()
            path = socket_of(episode.services.home, episode.coordinates.episode)
            try:
                return await body(episode, server, lambda *words, **more: _ask(path, *words, **more))
            finally:
                await server.close()
                assert not path.exists()

        return inside(main, **options)

    return run


def test_calls_at_once_with_their_labels(served: Any) -> None:
    async def body(episode: Episode, server: CellServer, ask: Ask) -> None:
        requests = [
            _call("sh", "-c", "echo $A; exit 7", environment={"A": "b"}, label="call 9"),
            _call("sh", "-c", "pwd; kill -9 $$", cwd="/tmp"),
            _call("sh", "-c", "echo .; sleep 20", timeout=0.3),
        ]
        (first, out1), (second, out2), (third, _) = await asyncio.gather(*map(ask, requests))
        assert first
        assert second
        assert third
        assert (first.code, out1, second.signal, out2, third.error) == (7, b"b\n", 9, b"/tmp\n", "timeout")
        assert sorted((first.call or 0, second.call or 0, third.call or 0)) == [1, 2, 3]
        acts = {a.coordinates.call: a for a in episode.records() if isinstance(a, Act) and a.coordinates}
        act = acts[first.call]
        assert act.coordinates
        assert act.process
        assert (act.coordinates.label, act.process.via, act.process.environment) == ("call 9", "api", ["A"])
        assert server.calls == 3

    served(body)


def test_signals_and_an_asker_that_dies(served: Any, eventually: Any) -> None:
    async def body(episode: Episode, server: CellServer, ask: Ask) -> None:
        traps = "trap 'printf got; exit 5' TERM; printf .; while :; do sleep 0.05; done"
        answer, out = await ask(_call("sh", "-c", traps), signals=(signal.SIGTERM,))
        assert answer is not None
        assert (answer.code, out.endswith(b"got")) == (5, True)
        await ask(_call("sh", "-c", "printf .; sleep 60"), leave=True)
        await eventually(lambda: not episode.watch.living(2))

    served(body)


def test_refusals_and_the_end(served: Any, make_profile: Callable[..., Path]) -> None:
    async def body(episode: Episode, server: CellServer, ask: Ask) -> None:
        running = asyncio.ensure_future(ask(_call("sh", "-c", "sleep 60")))
        while not episode.watch.living(1):
            await asyncio.sleep(0.02)
        refused, _ = await ask(_call("true"))
        assert refused is not None
        assert (refused.refused, refused.over) == ("budget_calls", None)
        assert refused.said.startswith("Vigiles: refused")
        closed, _ = await ask(CellRequest(order="close"))
        assert closed is not None
        assert closed.closed
        answer, _ = await running
        assert answer is not None
        assert answer.over == "closed"
        late, _ = await ask(_call("true"))
        assert late is not None
        assert late.over == "closed"

    served(body, profile=make_profile("[budgets]\ncalls = 1\n"))


NONSENSE = (b"", b"{}", b'{"order": "rm"}', b'{"order": "call"}', b'{"order":"call","argv":["a\\u0000"]}')


def test_nonsense_gets_no_answer_and_is_no_act(served: Any) -> None:
    async def body(episode: Episode, server: CellServer, ask: Ask) -> None:
        for data in NONSENSE:
            answer, _ = await ask(data)
            assert answer is None, data
        assert not [record for record in episode.records() if isinstance(record, Act)]

    served(body)


@pytest.mark.asroot
def test_another_user_is_not_heard(served: Any, in_child: Callable[[Callable[[], Any]], Any]) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: it becomes another user")

    async def body(episode: Episode, server: CellServer, ask: Ask) -> None:
        path = socket_of(episode.services.home, episode.coordinates.episode)
        for folder in (path.parent, path.parent.parent, *path.parent.parent.parents[:1]):
            folder.chmod(0o755)
        path.chmod(0o777)

        def as_other() -> str:
            os.setgid(65534)
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(10)
                sock.connect(str(path))
                with suppress(ConnectionError):
                    return sock.recv(100).decode() or "nothing"
            return "nothing"

        try:
            assert await asyncio.to_thread(in_child, as_other) == "nothing"
        finally:
            path.parent.parent.chmod(0o700)
        answer, _ = await ask(_call("true"))
        assert answer is not None
        assert answer.code == 0

    served(body)
