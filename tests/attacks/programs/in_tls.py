"""Tunnels in disguise: what an allowed host that helps would take inside TLS. ``connect``: it, as host:port. ``way``:

``stratum`` and ``ssh`` speak at once; ``websocket`` asks for an upgrade and mines in frames; ``poll`` carries SSH in bodies,
``stream`` in one stream of HTTP/2; ``fronting`` asks for a host behind the host; ``smuggling`` hides a second request in a
body that is framed twice; ``name`` takes a host whose certificate names another. It trusts whatever certificate comes.
Succeeds if the far side answers as wished. Nothing is ever computed.
"""

import contextlib
import json
import os
import ssl

import connect_pipe
import say
import twins

BANNER = b"SSH-2.0-harmless\r\n"
ASKED = json.dumps({"id": 1, "method": "mining.subscribe", "params": ["harmless/0"]}).encode() + b"\n"


def secure(given, protocols=()):
    """Return TLS with the host, through the proxy."""
    sock, status = connect_pipe.through_proxy(given["connect"])
    if " 200" not in status:
        raise ConnectionError(status)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context.wrap_socket(sock, server_hostname=given["connect"].rsplit(":", 1)[0])


def request(given, start, body=b"", *fields):
    host = given["connect"]
    lines = [start, f"Host: {host}", *fields]
    lines += [f"Content-Length: {len(body)}"] if body and not fields else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def frame(payload):
    """A masked text frame (RFC 6455 section 5.2)."""
    return bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload


def h2_frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def stream(given):
    """One request of HTTP/2 (RFC 9113) whose body never ends; fields are literals without indexing (RFC 7541 6.2.2)."""
    fields = ((":method", "POST"), (":scheme", "https"), (":path", "/poll"), (":authority", given["connect"]))
    block = b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in fields
    )
    data = (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2_frame(4, 0, 0, b"") + h2_frame(1, 4, 1, block) + h2_frame(0, 0, 1, BANNER)
    )
    with secure(given, ("h2",)) as link:
        link.settimeout(3)
        link.sendall(data)
        came = b""
        while b"SSH-2.0-outside" not in came:
            more = link.recv(4096)
            if not more:
                break
            came += more
        return b"SSH-2.0-outside" in came, f"{came[-80:]!r}"


def attack(given):
    way = given["way"]
    if way == "stream":
        return stream(given)
    said = {
        "stratum": ASKED,
        "ssh": BANNER,
        "poll": request(given, "POST /poll HTTP/1.1", BANNER),
        "name": request(given, "GET / HTTP/1.1"),
        "fronting": request(given, "GET /hidden HTTP/1.1").replace(given["connect"].encode(), b"hidden.example"),
        "websocket": request(
            given, "GET /socket HTTP/1.1", b"", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ),
        "smuggling": request(
            given, "POST /poll HTTP/1.1", b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: hidden.example\r\n\r\n",
            "Content-Length: 5", "Transfer-Encoding: chunked",
        ),
    }[way]  # fmt: skip
    wanted = {
        "stratum": b'"id": 1', "ssh": b"SSH-2.0-outside", "poll": b"SSH-2.0-outside", "name": b"honest",
        "fronting": b"hidden page", "websocket": b" 101 ", "smuggling": b"hidden page",
    }[way]  # fmt: skip
    with secure(given) as link:
        link.settimeout(3)
        link.sendall(said)
        came = b""
        while wanted not in came:
            more = link.recv(4096)
            if not more:
                break
            came += more
        if way == "websocket" and wanted in came:
            link.sendall(frame(ASKED[:-1]))
            came, wanted = link.recv(4096), b'"id": 1'
        return wanted in came, f"{came[:120]!r}"


def twin(given):
    """The same host over TLS as clients do: a page, a poll that is answered late, and a report in JSON."""
    if "http_proxy" not in os.environ:
        return twins.loopback()
    given["connect"] = given["connect"].replace(":8444", ":8443")  # where the certificate is right
    sock, _ = connect_pipe.through_proxy(given["connect"])
    context = ssl.create_default_context()
    with contextlib.suppress(OSError):  # a cell trusts its door without it, and may not show it
        context.load_verify_locations(given["ca"])
    with context.wrap_socket(sock, server_hostname=given["connect"].rsplit(":", 1)[0]) as link:
        came = b""
        for start, body in (
            ("GET / HTTP/1.1", b""),
            ("GET /late HTTP/1.1", b""),
            ("POST /report HTTP/1.1", b'{"method": "login"}'),
        ):
            link.sendall(request(given, start, body))
            part = b""
            while not part.endswith(b"honest"):
                more = link.recv(4096)
                if not more:
                    return False, f"{came + part!r}"
                part += more
            came += part
    return came.count(b" 200 ") == 3, f"{came[-80:]!r}"


say.main("in_tls", attack, twin)
