"""Tunnels in disguise: what an allowed host that helps would take inside TLS. ``connect``: it, as host:port; ``listed``: one
for which WebSockets are listed. ``way``:

``stratum`` and ``ssh`` speak at once; ``websocket`` asks for an upgrade and mines in frames; ``poll`` carries SSH in bodies,
``stream`` in one stream of HTTP/2; ``fronting`` asks for a host behind the host; ``smuggling`` hides a second request in a
body that is framed twice; ``name`` takes a host whose certificate names another. It trusts whatever certificate comes.
Succeeds if the far side answers as wished. Nothing is ever computed.
"""

import json
import ssl

import connect_pipe
import honest_tls
import say
from tls_words import frame, h2_frame, h2_request, request

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


def stream(given):
    """One request of HTTP/2 whose body never ends."""
    data = h2_request(given, "POST", "/poll", ends=False) + h2_frame(0, 0, 1, BANNER)
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


say.main("in_tls", attack, honest_tls.twin)
