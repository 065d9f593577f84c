"""Honest clients inside TLS, one for each way of the attack: what it imitates, done with the same host as clients do it."""

import contextlib
import os
import ssl

import connect_pipe
import twins
from tls_words import frame, h2_request, request


def checked(given, host, protocols=()):
    """Return TLS with a host whose certificate is looked at, as clients do it."""
    sock, _ = connect_pipe.through_proxy(host)
    context = ssl.create_default_context()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    with contextlib.suppress(OSError):  # a cell trusts its door without it, and may not show it
        context.load_verify_locations(given["ca"])
    link = context.wrap_socket(sock, server_hostname=host.rsplit(":", 1)[0])
    link.settimeout(5)
    return link


def until(link, wanted):
    """Read until something wanted came; return what came, and whether it did."""
    came = b""
    while wanted not in came:
        more = link.recv(4096)
        if not more:
            return came, False
        came += more
    return came, True


def ticks(given):
    """A WebSocket with a host for which it is listed."""
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    asked = request(
        given | {"connect": given["listed"]}, "GET /ticks HTTP/1.1", b"", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", key,
    )  # fmt: skip
    with checked(given, given["listed"]) as link:
        link.sendall(asked)
        came, switched = until(link, b" 101 ")
        link.sendall(frame(b"tick?"))
        more, told = until(link, b"honest")
        return switched and told, f"{(came + more)[-80:]!r}"


def page_in_a_stream(given):
    """A page over HTTP/2: a request that ends, and its answer."""
    with checked(given, given["connect"], ("h2",)) as link:
        link.sendall(h2_request(given, "GET", "/", ends=True))
        came, told = until(link, b"honest")
        return told, f"{came[-80:]!r}"


#: What an honest client of the same host asks for that looks like each way.
HONEST = {
    "stratum": (("POST /report HTTP/1.1", b'{"id": 1, "method": "report", "params": []}'),),
    "ssh": (("GET / HTTP/1.1", b""), ("GET /again HTTP/1.1", b"")),
    "poll": (("GET /late HTTP/1.1", b""), ("POST /poll HTTP/1.1", b"nothing new\n"), ("GET /late HTTP/1.1", b"")),
    "fronting": (("GET /page?of=allowed.example HTTP/1.1", b""),),
    "smuggling": (
        ("POST /form HTTP/1.1", b"8\r\na=1&b=22\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        ("GET / HTTP/1.1", b""),
    ),
    "name": (("GET / HTTP/1.1", b""),),
}


def twin(given):
    """What an attack of this way imitates, done with the same host as clients do it."""
    if "http_proxy" not in os.environ:
        return twins.loopback()
    given = given | {"connect": given["connect"].replace(":8444", ":8443")}  # where the certificate is right
    if given["way"] == "websocket":
        return ticks(given)
    if given["way"] == "stream":
        return page_in_a_stream(given)
    answered, came = 0, b""
    with checked(given, given["connect"]) as link:
        for start, body, *fields in HONEST[given["way"]]:
            link.sendall(request(given, start, body, *fields))
            came, told = until(link, b"honest")
            answered += told and b" 200 " in came
    return answered == len(HONEST[given["way"]]), f"{came[-80:]!r}"
