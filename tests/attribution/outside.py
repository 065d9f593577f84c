"""An outside that answers on many ports: one thread, one line each way."""

from __future__ import annotations

import selectors
import socket
import threading


def start(host: str, ports: range) -> None:
    """Listen on every port and answer each connection's first line with ``ok``, until the process ends."""
    selector = selectors.DefaultSelector()
    for port in ports:
        listener = socket.create_server((host, port), backlog=16)
        listener.setblocking(False)
        selector.register(listener, selectors.EVENT_READ, "listener")
    threading.Thread(target=_serve, args=(selector,), daemon=True).start()


def _serve(selector: selectors.BaseSelector) -> None:
    while True:
        for key, _ in selector.select():
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            if key.data == "listener":
                peer = sock.accept()[0]
                selector.register(peer, selectors.EVENT_READ, "peer")
                continue
            try:
                if sock.recv(64):
                    sock.sendall(b"ok\n")
            except OSError:
                pass
            selector.unregister(sock)
            sock.close()
