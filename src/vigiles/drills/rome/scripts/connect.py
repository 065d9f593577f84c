"""An SSH ProxyCommand: ``connect.py HOST PORT [tls]`` joins stdin and stdout to a tunnel asked of the environment's proxy,
with TLS round it if asked for. Whose certificate comes does not matter to it.
"""

import os
import select
import socket
import ssl
import sys
import urllib.parse


def through_proxy(host: str, port: int) -> socket.socket:
    proxy = urllib.parse.urlsplit(os.environ.get("https_proxy") or os.environ["HTTPS_PROXY"])
    link = socket.create_connection((proxy.hostname or "", proxy.port or 80), timeout=10)
    link.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = link.recv(1)
        if not byte:
            raise ConnectionError("the proxy closed the connection")
        head += byte
    if b" 200 " not in head.split(b"\r\n", 1)[0] + b" ":
        raise ConnectionError(head.split(b"\r\n", 1)[0].decode("latin-1"))
    link.settimeout(None)
    return link


def in_tls(link: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(link, server_hostname=host)


def main() -> int:
    try:
        link = through_proxy(sys.argv[1], int(sys.argv[2]))
        link = in_tls(link, sys.argv[1]) if sys.argv[3:] == ["tls"] else link
    except (OSError, KeyError) as error:
        print(f"connect: {error}", file=sys.stderr)
        return 1
    while True:
        held = isinstance(link, ssl.SSLSocket) and link.pending() > 0
        ready = [link.fileno()] if held else select.select([0, link.fileno()], [], [])[0]
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return 0
            link.sendall(data)
        if link.fileno() in ready:
            try:
                data = link.recv(65536)
            except OSError:
                return 1
            if not data:
                return 0
            os.write(1, data)


if __name__ == "__main__":
    sys.exit(main())
