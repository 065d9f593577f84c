"""Scrapes over HTTP, one at a time: GET /metrics on an address of this machine."""

from __future__ import annotations

import http.server
import ipaddress
import socket
from collections.abc import Callable

from vigiles.model.errors import InputInvalid, VigilesError
from vigiles.runtime.metrics.exposition import CONTENT_TYPE

#: Of one client: it may not hold up the others for longer.
_TIMEOUT_S = 5


def parse_address(text: str) -> tuple[str, int]:
    """Return (IP address, port) of ``ADDRESS:PORT``; port 0 picks one. Raises :class:`InputInvalid` for what is not
    loopback: counts are nobody else's business, and nothing here asks who reads them.
    """
    host, colon, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise ValueError
    except ValueError:
        raise InputInvalid(f"{text!r} is no address and port", "Write for example 127.0.0.1:9464.") from None
    if not address.is_loopback:
        raise InputInvalid(
            f"{address} can be reached from other machines",
            "Listen on 127.0.0.1, and let a proxy with a password stand before it.",
        )
    return str(address), int(port)


def server(address: tuple[str, int], text: Callable[[], str]) -> http.server.HTTPServer:
    """Return a server that answers each scrape with ``text()``. Raises :class:`InputInvalid` if the port is taken."""

    class Handler(http.server.BaseHTTPRequestHandler):
        server_version = "vigiles"
        sys_version = ""
        timeout = _TIMEOUT_S

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404)
                return
            try:
                body = text().encode()
            except VigilesError:
                self.send_error(500)
                return
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(http.server.HTTPServer):
        address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    try:
        return Server(address, Handler)
    except OSError as error:
        raise InputInvalid(f"cannot listen on {address[0]}:{address[1]}: {error.strerror}", "Name another port.") from error
