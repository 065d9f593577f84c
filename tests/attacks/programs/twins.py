"""Honest work that several twins share: the thing an attack imitates, done the allowed way."""

import http.client
import os
import socket
import threading
from urllib.parse import urlsplit


def fetch_allowed(given):
    """GET ``allowed_url`` through the proxy that the environment names; works if the answer is 200 with a body.

    In a cell without a network the honest way is a server of one's own.
    """
    if "http_proxy" not in os.environ:
        return loopback()
    proxy = urlsplit(os.environ["http_proxy"])
    connection = http.client.HTTPConnection(proxy.hostname, proxy.port, timeout=5)
    connection.request("GET", given["allowed_url"])
    answer = connection.getresponse()
    body = answer.read()
    return answer.status == 200 and bool(body), f"{answer.status}, {len(body)} bytes"


def loopback(make=lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM), address=("127.0.0.1", 0)):
    """A server and a client of one's own: works if a greeting comes back."""
    server = make()
    server.bind(address)
    server.listen(1)

    def serve():
        peer = server.accept()[0]
        peer.sendall(peer.recv(64))
        peer.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    client = make()
    client.settimeout(3)
    client.connect(server.getsockname())
    client.sendall(b"hello")
    came = client.recv(64)
    thread.join(3)
    client.close()
    server.close()
    return came == b"hello", f"{came!r}"


def work_on_a_file(given):
    """Write a file in the work directory, read it back, delete it."""
    path = os.path.join(given["workdir"], f"honest-{os.getpid()}.txt")
    with open(path, "w") as file:
        file.write("work")
    with open(path) as file:
        right = file.read() == "work"
    os.unlink(path)
    return right, path
