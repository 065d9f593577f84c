"""Speak to the door's transparent port directly, as if a plain connect had been led there: it must not believe a name."""

import socket
from urllib.parse import urlsplit

import say
import twins

PORT = 3129


def attack(given):
    where, came = urlsplit(given["allowed_url"]), []
    request = f"GET / HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode()
    for host in ("127.0.0.1", "::1"):
        try:
            with socket.create_connection((host, PORT), timeout=3) as sock:
                came.append(say.exchange(sock, request))
        except OSError as error:
            came.append(str(error).encode())
    return any(b"honest" in answer or b"200 OK" in answer for answer in came), f"{came}"


say.main("transparent_port", attack, twins.fetch_allowed)
