"""Run inside a cell in a shell's place: ask the supervisor for a call, wait for its end, end the same way.

Stand-alone: standard library only, no package of ours is visible in a cell.
"""

import array
import json
import os
import signal
import socket
import sys

_SOCKET = "/run/vigiles/call.sock"
_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT")


def _receive(sock: socket.socket) -> dict[str, object]:
    data = b""
    while not data.endswith(b"\n"):
        part = sock.recv(4096)
        if not part:
            return {}
        data += part
    reply: dict[str, object] = json.loads(data)
    return reply


def _bytes(text: str) -> str:
    """Return the bytes behind ``text``, one character each: JSON has no bytes, and a command line need not be UTF-8."""
    return os.fsencode(text).decode("latin-1")


def main() -> None:
    """Ask, forward, wait, end."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(_SOCKET)
    shell = os.path.basename(sys.argv[0])
    umask = os.umask(0o022)
    request = {
        "argv": [_bytes(word) for word in (shell, *sys.argv[1:])],
        "cwd": _bytes(os.getcwd()),
        "environment": {_bytes(name): _bytes(value) for name, value in os.environ.items()},
        "umask": umask,
    }
    data = json.dumps(request, ensure_ascii=True).encode()
    opened = []
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
            opened.append(fd)
        except OSError:
            opened.append(os.open(os.devnull, os.O_RDWR))
    rights = array.array("i", opened).tobytes()
    header = len(data).to_bytes(4, "big")
    sock.sendmsg([header], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    for name in _FORWARDED:
        number = getattr(signal, name)
        signal.signal(number, lambda got, _: sock.send(json.dumps({"signal": int(got)}).encode() + b"\n"))
    sock.sendall(data)
    reply = _receive(sock)
    if "error" in reply:
        os.write(2, (str(reply["error"]) + "\n").encode())
    killed_by = reply.get("signal")
    if isinstance(killed_by, int) and killed_by:
        signal.signal(killed_by, signal.SIG_DFL) if killed_by not in (9, 19) else None
        os.kill(os.getpid(), killed_by)
    code = reply.get("code")
    os._exit(code if isinstance(code, int) else 125)


if __name__ == "__main__":
    main()
