"""Not an attack: a ProxyCommand. CONNECT to argv[1] through the proxy of the environment, then standard input and output."""

import os
import select
import socket
import sys
from urllib.parse import urlsplit


def through_proxy(target, proxy=None, timeout=4.0):
    """Return (socket, status line) after CONNECT; the socket speaks to ``target`` if the status says 200."""
    where = urlsplit(proxy or os.environ["http_proxy"])
    sock = socket.create_connection((where.hostname, where.port), timeout=timeout)
    sock.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        byte = sock.recv(1)
        if not byte:
            break
        head += byte
    return sock, head.split(b"\r\n", 1)[0].decode("ascii", "replace")


def main():
    sock, status = through_proxy(sys.argv[1])
    if " 200" not in status:
        sys.exit(f"proxy: {status}")
    sock.settimeout(None)
    while True:
        ready, _, _ = select.select([0, sock], [], [])
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return
            sock.sendall(data)
        if sock in ready:
            data = sock.recv(65536)
            if not data:
                return
            os.write(1, data)


if __name__ == "__main__":
    main()
