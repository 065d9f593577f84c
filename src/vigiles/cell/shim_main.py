"""Run inside a cell in a shell's place: ask the supervisor for a call, wait for its end, end the same way.

Where the supervisor says that this process is the agent itself, which became a shell, it becomes the real shell instead.

Stand-alone: standard library only, no package of ours is visible in a cell.
"""

import array
import json
import os
import signal
import socket
import sys
from typing import NoReturn

_SOCKET = "/run/vigiles/call.sock"
_REAL = "/run/vigiles/shell"
_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT", "SIGTSTP")
#: What Python itself ignores, and no program should inherit so.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
_NOT_EXECUTABLE, _NO_ANSWER = 126, 125


def _receive(sock: socket.socket) -> dict[str, object]:
    data = b""
    while not data.endswith(b"\n"):
        try:
            part = sock.recv(4096)
        except ConnectionError:
            part = b""
        if not part:
            return {"error": "vigiles: no answer; the shell was not started, or it was ended", "code": _NO_ANSWER}
        data += part
    reply: dict[str, object] = json.loads(data)
    return reply


def _bytes(text: bytes) -> str:
    """Return the bytes ``text``, one character each: JSON has no bytes, and a command line need not be UTF-8."""
    return text.decode("latin-1")


def _environment() -> dict[bytes, bytes]:
    """Return the environment as it was given; Python may have added a locale to its own."""
    with open("/proc/self/environ", "rb") as file:
        pairs = [word.partition(b"=") for word in file.read().split(b"\0")]
    return {name: value for name, found, value in pairs if name and found}


def _directory() -> bytes:
    try:
        return os.getcwdb()
    except FileNotFoundError:
        return b"/"  # it was removed; a call has to begin somewhere


def _become(environment: dict[bytes, bytes], umask: int, ignored: list[int]) -> NoReturn:
    """Become the real shell: same arguments, environment, mask and signals as this process was started with."""
    name = os.path.basename(os.path.realpath(sys.argv[0]))
    for word in (*_FORWARDED, *_IGNORED_BY_PYTHON):
        number = getattr(signal, word)
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    os.umask(umask)
    try:
        os.execve(f"{_REAL}/{name}", sys.argv, environment)
    except OSError as error:
        os.write(2, f"vigiles: {name}: {error.strerror}\n".encode())
        os._exit(_NOT_EXECUTABLE)


def _send(sock: socket.socket, request: dict[str, object]) -> None:
    data = json.dumps(request, ensure_ascii=True).encode()
    opened = []
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
            opened.append(fd)
        except OSError:
            opened.append(os.open(os.devnull, os.O_RDWR))
    rights = array.array("i", opened).tobytes()
    try:
        sock.sendmsg([len(data).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        sock.sendall(data)
    except ConnectionError:
        pass  # refused before it was read: the answer is there


def main() -> None:
    """Ask, forward, wait, end."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    numbers = [getattr(signal, name) for name in _FORWARDED]
    # Held back until the request is out: a signal's line may not stand in the middle of it.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        sock.connect(_SOCKET)
    except OSError as error:
        os.write(2, f"vigiles: no shell can be asked for: {error.strerror}\n".encode())
        os._exit(_NO_ANSWER)
    environment = _environment()
    umask = os.umask(0o022)
    _send(
        sock,
        {
            "argv": [_bytes(os.fsencode(word)) for word in (os.path.basename(sys.argv[0]), *sys.argv[1:])],
            "cwd": _bytes(_directory()),
            "environment": {_bytes(name): _bytes(value) for name, value in environment.items()},
            "umask": umask,
            "leader": os.getpgrp() == os.getpid(),
        },
    )

    def forward(got: int, _: object) -> None:
        try:
            sock.send(json.dumps({"signal": int(got)}).encode() + b"\n")
        except ConnectionError:
            pass  # the call is over, its answer is on the way
        if got == signal.SIGTSTP:
            os.kill(os.getpid(), signal.SIGSTOP)  # as the program would have stopped; SIGCONT is passed on like any other

    ignored = [number for number in numbers if signal.signal(number, forward) is signal.SIG_IGN]
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    reply = _receive(sock)
    if "exec" in reply:
        _become(environment, umask, ignored)
    if "error" in reply:
        os.write(2, (str(reply["error"]) + "\n").encode())
    killed_by = reply.get("signal")
    if isinstance(killed_by, int) and killed_by:
        signal.signal(killed_by, signal.SIG_DFL) if killed_by not in (9, 19) else None
        os.kill(os.getpid(), killed_by)
    code = reply.get("code")
    os._exit(code if isinstance(code, int) else _NO_ANSWER)


if __name__ == "__main__":
    main()
