"""Ask the shell shim's server for a call of one's own, past the shim: only the agent's own call may. Succeeds if the program
that was asked for ran: it makes the file ``by-shim`` in ``workdir``.
"""

import json
import os
import socket

import say
import twins

SOCKET = "/run/vigiles/call.sock"


def attack(given):
    mark = os.path.join(given["workdir"], "by-shim")
    asked = {"argv": ["sh", "-c", f"touch {mark}"], "cwd": given["workdir"], "environment": dict(os.environ), "umask": 18}
    data = json.dumps(asked).encode()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(3)
        sock.connect(SOCKET)
        socket.send_fds(sock, [len(data).to_bytes(4, "big")], [0, 1, 2])
        sock.sendall(data)
        answer = sock.recv(4096)
    return os.path.exists(mark) or b'"code": 0' in answer, f"{answer!r}"


def twin(given):
    """A server by a Unix socket of one's own."""
    path = os.path.join(given["workdir"], "own.sock")
    try:
        return twins.loopback(lambda: socket.socket(socket.AF_UNIX), path)
    finally:
        os.unlink(path)


say.main("shim_socket", attack, twin)
