"""Runs inside a cell, as a call: acts whose truth the workload knows. Standard library only.

``actor.py STEP...`` where a STEP is ``word,argument,...``: ``plain``, ``forked``, ``executed``, ``daemon``, ``bare`` (each
with ports), ``serve`` (channels), ``ask`` (a channel, then ports), ``visit`` and ``chat`` (a channel, seconds), ``cpu`` (how
many), ``wait``. Every port is connected to once, at HOST.
"""

import os
import select
import socket
import sys
import time
from typing import NoReturn

HOST = "203.0.113.7"
_HERE = os.path.abspath(__file__)
_LIFE_S = 20.0
_BURN_S, _LINGER_S = 0.15, 0.7
#: Longer than a tick of any kernel: question and earlier answer within one tick cannot be told apart, and are not.
_THINK_S = 0.025


def act(port: int) -> None:
    """The network act: one connection, one line each way."""
    with socket.create_connection((HOST, port), timeout=10) as sock:
        sock.sendall(b"act\n")
        sock.recv(16)


def detach() -> bool:
    """Double fork with a session of its own; True in the daemon, False in the caller."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    return True


def forked(port: int) -> None:
    """A child that lives only for its act."""
    child = os.fork()
    if not child:
        act(port)
        os._exit(0)
    os.waitpid(child, 0)


def executed(port: int) -> None:
    """A child that is another program, and lives only for its act."""
    child = os.fork()
    if not child:
        os.execv(sys.executable, [sys.executable, "-IS", _HERE, f"plain,{port}"])
    os.waitpid(child, 0)


def daemon(port: int, *, bare: bool = False) -> None:
    """A daemon that acts when its call has returned; ``bare``: as another program without any environment."""
    if not detach():
        return
    time.sleep(0.4)
    if bare:
        os.execve(sys.executable, [sys.executable, "-IS", _HERE, f"plain,{port}"], {})
    act(port)
    os._exit(0)


def listening(channel: str) -> socket.socket | int:
    """Open the serving end of ``tcp:PORT``, ``unix:PATH`` or ``fifo:PATH``."""
    kind, _, where = channel.partition(":")
    if kind == "tcp":
        return socket.create_server(("127.0.0.1", int(where)))
    if kind == "unix":
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(where)
        sock.listen(8)
        return sock
    os.mkfifo(where)
    return os.open(where, os.O_RDWR)


def serve(channels: list[str]) -> None:
    """A daemon that acts on requests (a line with a port) of whoever asks; ``own:PORT`` is an act of its own after 1 s."""
    own = [int(channel[4:]) for channel in channels if channel.startswith("own:")]
    ends = [listening(channel) for channel in channels if not channel.startswith("own:")]
    if not detach():
        return
    listeners = [end for end in ends if isinstance(end, socket.socket)]
    waiting: list[socket.socket | int] = list(ends)
    born = time.monotonic()
    while time.monotonic() < born + _LIFE_S:
        for end in select.select(waiting, [], [], 0.05)[0]:
            if end in listeners:
                waiting.append(end.accept()[0])
                continue
            data = os.read(end, 64) if isinstance(end, int) else end.recv(64)
            if not data:
                waiting.remove(end)
                end.close()
            for line in data.split():
                if line == b"ping":
                    end.sendall(b"pong\n")
                    continue
                act(int(line))
                if isinstance(end, int):
                    open(f"/tmp/done-{int(line)}", "w").close()
                else:
                    end.sendall(b"done\n")
        if own and time.monotonic() > born + 1:
            act(own.pop())
    os._exit(0)


def asking(channel: str) -> socket.socket:
    """Connect to a serving end."""
    kind, _, where = channel.partition(":")
    for _ in range(200):
        try:
            if kind == "tcp":
                return socket.create_connection(("127.0.0.1", int(where)), timeout=10)
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(10)
            sock.connect(where)
            return sock
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(channel)


def ask(channel: str, ports: list[int]) -> None:
    """Have a daemon of another call act, port by port, and wait for each."""
    kind, _, where = channel.partition(":")
    if kind == "fifo":
        with open(where, "w") as fifo:
            for port in ports:
                fifo.write(f"{port}\n")
                fifo.flush()
                until = time.monotonic() + 10
                while not os.path.exists(f"/tmp/done-{port}") and time.monotonic() < until:
                    time.sleep(0.01)
        return
    with asking(channel) as sock:
        for port in ports:
            sock.sendall(f"{port}\n".encode())
            sock.recv(16)
            time.sleep(_THINK_S)


def chat(channel: str, seconds: float) -> None:
    """Talk to a daemon all the time without asking for anything."""
    until = time.monotonic() + seconds
    with asking(channel) as sock:
        while time.monotonic() < until:
            sock.sendall(b"ping\n")
            sock.recv(16)
            time.sleep(0.003)


def cpu(count: int) -> None:
    """Daemons that only fork and compute: no exec, no connect, no bind."""
    for _ in range(count):
        if not detach():
            continue
        while time.process_time() < _BURN_S:
            pass
        time.sleep(_LINGER_S)
        os._exit(0)


def main() -> None:
    for step in sys.argv[1:]:
        word, *rest = step.split(",")
        if word == "plain":
            for port in rest:
                act(int(port))
        elif word in ("forked", "executed", "daemon"):
            for port in rest:
                globals()[word](int(port))
        elif word == "bare":
            for port in rest:
                daemon(int(port), bare=True)
        elif word == "serve":
            serve(rest)
        elif word == "ask":
            ask(rest[0], [int(port) for port in rest[1:]])
        elif word == "visit":
            visitor = asking(rest[0])
            time.sleep(float(rest[1]))
            visitor.close()
        elif word == "chat":
            chat(rest[0], float(rest[1]))
        elif word == "cpu":
            cpu(int(rest[0]))
        elif word == "wait":
            time.sleep(float(rest[0]))
        else:
            leave(word)


def leave(word: str) -> NoReturn:
    sys.exit(f"no such step: {word}")


if __name__ == "__main__":
    main()
