"""Whose socket, and on whose request: asked about real processes, each under a tag of its own."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from vigiles.cell.notifying import owners
from vigiles.cell.notifying.calls import Calls, Known
from vigiles.cell.notifying.owners import Owners
from vigiles.cell.spec import CellSpec
from vigiles.kernel import namespaces, privileges
from vigiles.model.attribution import Trigger

pytestmark = pytest.mark.cell
CELL = CellSpec(run="r", episode="e", uid=1, gid=1, host_root=False, workdir="/w", workdir_mode="overlay")
UNKNOWN = Trigger(state="unknown")
TICK_S = 0.03
Pair = tuple[socket.socket, socket.socket, socket.socket]


class Scene:
    """Calls that are processes: each runs a function in a UTS namespace of its own and then waits."""

    def __init__(self) -> None:
        self.calls = Calls(CELL)
        self.owners = Owners(os.getpid(), self.calls)
        self._pids: list[int] = []

    def call(self, number: int, function: Callable[[], object]) -> tuple[int, Known]:
        """Start one; return when its function has returned."""
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                privileges.die_with_parent()
                uid, gid = os.geteuid(), os.getegid()
                namespaces.unshare(namespaces.NEWUSER | namespaces.NEWUTS)
                namespaces.map_self(uid, uid, gid, gid)
                kept = function()
                os.write(writer, b"x")
                time.sleep(60)
                del kept
            finally:
                os._exit(1)
        os.close(writer)
        self._pids.append(pid)
        assert os.read(reader, 1) == b"x"
        os.close(reader)
        tag = os.open(f"/proc/{pid}/ns/uts", os.O_RDONLY | os.O_CLOEXEC)
        return pid, self.calls.add(number, 1000 + number, tag)

    def end(self, number: int) -> None:
        """Kill the process that was started as the so many-th."""
        os.kill(self._pids[number - 1], signal.SIGKILL)
        os.waitpid(self._pids.pop(number - 1), 0)

    def close(self) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for known in self.calls.by_uts.values():
            os.close(known.held)


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A listening socket and both ends of one connection to it: listener, server's end, client's end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server = listener.accept()[0]
        with client, server:
            yield listener, server, client


def test_a_bound_datagram_socket_belongs_to_its_call(scene: Scene) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        pid, known = scene.call(7, lambda: None)  # inherits it
        owner = scene.owners.of_socket("udp", "inet", "127.0.0.1", port, 53)
        assert (owner.call, owner.pid, owner.methods) == (7, pid, ["socket_owner", "uts"])
        scene.call(8, lambda: None)  # so does this one: then nobody can say
        assert scene.owners.of_socket("udp", "inet", "127.0.0.1", port, 53).call is None
    assert known.call == 7


def test_nobody_holds_a_port_that_is_free(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert scene.owners.of_socket("tcp", "inet", "127.0.0.1", port, 3128).call is None


def test_connections_from_one_port_are_told_apart_by_where_they_lead(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        clients = [socket.socket(), socket.socket()]
        for sock, server in zip(clients, (one, other), strict=True):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind(clients[0].getsockname() if sock is clients[1] else ("127.0.0.1", 0))
            sock.connect(server.getsockname())
        port = clients[0].getsockname()[1]
        scene.call(1, clients[1].close)
        clients[0].close()
        scene.call(2, lambda: None)
        clients[1].close()
        found = [
            scene.owners.of_socket("tcp", "inet", "127.0.0.1", port, server.getsockname()[1]).call for server in (one, other)
        ]
        assert found == [1, 2]


def test_half_a_look_is_no_answer(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        scene.call(1, lambda: None)
        scene.call(2, lambda: [os.dup(0) for _ in range(200)])  # it holds the socket too
        monkeypatch.setattr(owners, "_MOST", 150)
        assert scene.owners.of_socket("udp", "inet", "127.0.0.1", port, 53).call is None
        monkeypatch.setattr(owners, "_MOST", 20_000)
        scene.end(2)
        assert scene.owners.of_socket("udp", "inet", "127.0.0.1", port, 53).call == 1


def two_calls(scene: Scene, pair: Pair, serve: Callable[[], object]) -> tuple[int, Known]:
    """Call 1 holds the server's end and does ``serve``; call 2 holds the client's end; this process lets go of both."""
    listener, server, client = pair

    def actor() -> object:
        client.close()
        return serve()

    pid, known = scene.call(1, actor)
    server.close()
    scene.call(2, listener.close)
    client.close()
    return pid, known


def test_a_question_that_is_owed_an_answer_is_the_trigger(scene: Scene, pair: Pair) -> None:
    _, server, client = pair
    client.sendall(b"question")
    pid, known = two_calls(scene, pair, lambda: server.recv(64))
    assert scene.owners.trigger(pid, known) == Trigger(state="exact", call=2)


def test_an_answered_question_is_none(scene: Scene, pair: Pair) -> None:
    _, server, client = pair
    client.sendall(b"question")

    def answer() -> None:
        server.recv(64)
        time.sleep(TICK_S)
        server.sendall(b"answer")

    pid, known = two_calls(scene, pair, answer)
    assert scene.owners.trigger(pid, known) == UNKNOWN


def test_a_second_question_after_an_answer_is_the_trigger(scene: Scene, pair: Pair) -> None:
    _, server, client = pair

    def serve() -> None:
        server.recv(64)
        server.sendall(b"answer")
        server.recv(64)

    asking = os.fork()
    if not asking:
        client.sendall(b"one")
        client.recv(64)
        time.sleep(TICK_S)
        client.sendall(b"two")
        os._exit(0)
    pid, known = two_calls(scene, pair, serve)
    os.waitpid(asking, 0)
    assert scene.owners.trigger(pid, known) == Trigger(state="exact", call=2)


@pytest.mark.parametrize("what", ["nothing was said", "it lies unread"])
def test_who_asked_nothing_yet_is_no_trigger(scene: Scene, pair: Pair, what: str) -> None:
    _, _, client = pair
    if what == "it lies unread":
        client.sendall(b"question")
    pid, known = two_calls(scene, pair, lambda: None)
    assert scene.owners.trigger(pid, known) == UNKNOWN


def test_of_an_actor_with_threads_nothing_can_be_said(scene: Scene, pair: Pair) -> None:
    _, server, client = pair
    client.sendall(b"question")

    def serve() -> None:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        server.recv(64)

    pid, known = two_calls(scene, pair, serve)
    assert scene.owners.trigger(pid, known) == UNKNOWN


def test_a_call_alone_has_no_trigger(scene: Scene) -> None:
    pid, known = scene.call(1, lambda: None)
    assert scene.owners.trigger(pid, known) is None


def test_an_actor_that_is_gone_has_no_known_trigger(scene: Scene) -> None:
    _, known = scene.call(1, lambda: None)
    scene.call(2, lambda: None)
    assert scene.owners.trigger(2**22 + 1, known) == UNKNOWN
