"""An outside for the programs: servers that are glad to help an attack. Run in a network namespace of one's own.

``python outside.py ADDRESS FOLDER MARKER`` serves on every address of its namespace, makes FOLDER/ready when it stands, and
ends when its standard input closes. What arrives is appended to FOLDER/arrived, so "nothing arrived" can be asserted.

Ports: echo 7000; DNS 5300 over UDP and TCP; pool 3333; an allowed web server 8000; 443 is the allowed host after it was
taken over (it answers SSH by joining the ssh server, Stratum itself); 3128 a proxy that lets every CONNECT through; 7001
greets with MARKER; 8001 is a mirror that keeps what it is sent. 8443 is the allowed host with TLS, which takes whatever
comes inside; 8444 the same with the certificate of another host; 8445 serves honest WebSockets. The ssh server on 2222 is
the machine's own sshd, started by the scene.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import select
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path

ECHO, DNS, POOL, WEB, ALLOWED, PROXY, SSH = 7000, 5300, 3333, 8000, 443, 3128, 2222
GREETING, MIRROR = 7001, 8001
SECURE, OTHER_NAME, TICKS = 8443, 8444, 8445
#: A note at the mirror is whole when so many bytes of it came in one way.
NOTE = 20_000
#: What is hashed behind a client's key (RFC 6455 section 1.3).
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Outside:
    """All servers of one address."""

    def __init__(self, address: str, folder: Path, marker: str) -> None:
        self.address = address
        self.marker = marker
        self._folder = folder
        self._arrived = folder / "arrived"
        self._lock = threading.Lock()
        self._notes: dict[str, int] = {}

    def start(self) -> None:
        """Open every port; serve each connection in a thread."""
        tcp: dict[int, Callable[[socket.socket], None]] = {
            ECHO: self._echo,
            DNS: self._dns_tcp,
            POOL: self._pool,
            WEB: self._web,
            ALLOWED: self._allowed,
            PROXY: self._proxy,
            GREETING: self._greet,
            MIRROR: self._mirror,
        }
        secure = ((SECURE, "allowed", self._secure), (OTHER_NAME, "other", self._secure), (TICKS, "allowed", self._ticks))
        for port, name, spoken in secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._folder / f"{name}.pem", self._folder / f"{name}.key")
            tcp[port] = functools.partial(spoken, context)
        for port, serve in tcp.items():
            server = socket.create_server(("", port), backlog=512)
            threading.Thread(target=self._accept, args=(server, serve), daemon=True).start()
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("", DNS))
        threading.Thread(target=self._dns_udp, args=(udp,), daemon=True).start()

    def _note(self, what: str, data: bytes) -> None:
        with self._lock, self._arrived.open("a") as file:
            file.write(f"{what} {data[:80]!r}\n")

    def _accept(self, server: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        while True:
            peer = server.accept()[0]
            threading.Thread(target=self._one, args=(peer, serve), daemon=True).start()

    def _one(self, peer: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        peer.settimeout(15)
        with peer:
            try:
                serve(peer)
            except OSError:
                pass

    def _echo(self, peer: socket.socket) -> None:
        while data := peer.recv(4096):
            self._note("echo", data)
            peer.sendall(data)

    def _greet(self, peer: socket.socket) -> None:
        self._note("greeting", b"")
        peer.sendall(self.marker.encode())

    def _answer(self, asked: bytes) -> bytes:
        end = asked.index(b"\0", 12) + 5
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(self.address)
        return asked[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + asked[12:end] + answer

    def _dns_udp(self, server: socket.socket) -> None:
        while True:
            data, peer = server.recvfrom(512)
            self._note("dns_udp", data)
            server.sendto(self._answer(data), peer)

    def _dns_tcp(self, peer: socket.socket) -> None:
        data = peer.recv(514)
        self._note("dns_tcp", data)
        answer = self._answer(data[2:])
        peer.sendall(len(answer).to_bytes(2, "big") + answer)

    def _pool(self, peer: socket.socket) -> None:
        while data := peer.recv(4096):
            self._note("pool", data)
            number = json.loads(data.split(b"\n")[0])["id"]
            peer.sendall(json.dumps({"id": number, "result": [[], "00", 4], "error": None}).encode() + b"\n")

    def _web(self, peer: socket.socket) -> None:
        peer.recv(4096)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhonest")

    def _mirror(self, peer: socket.socket) -> None:
        """A mirror that keeps whatever it is sent, in a body, a query or a field."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += peer.recv(4096)
        head, _, body = data.partition(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
        while len(body) < size and (more := peer.recv(65536)):
            body += more
        query = head.partition(b"\r\n")[0].partition(b"?note=")[2].partition(b" ")[0]
        field = head.partition(b"X-Note: ")[2].partition(b"\r\n")[0]
        answer = b"a file" * 50
        for how, note in (("body", body), ("query", query), ("field", field)):
            with self._lock:
                self._notes[how] = kept = self._notes.get(how, 0) + len(note)
            if note and kept >= NOTE:
                self._note(f"mirror {how}", note)
                answer = b"the note is whole"
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(answer), answer))

    def _allowed(self, peer: socket.socket) -> None:
        """The allowed host, taken over: whatever is spoken, somebody answers."""
        if select.select([peer], [], [], 0.3)[0] and peer.recv(1, socket.MSG_PEEK) == b"{":
            self._pool(peer)
            return
        self._note("allowed", b"joined to ssh")
        with socket.create_connection((self.address, SSH), timeout=5) as there:
            _join(peer, there)

    def _secure(self, context: ssl.SSLContext, peer: socket.socket) -> None:
        """The allowed host inside TLS: mining, SSH, an upgrade, SSH in bodies, a host behind the host, framing at will."""
        context.set_alpn_protocols(["h2", "http/1.1"])
        with context.wrap_socket(peer, server_side=True) as link:
            data = b""
            while part := link.recv(4096):
                data += part
                if data.startswith(b"{") and data.endswith(b"\n"):
                    self._note("mining inside TLS", data)
                    data = self._say(link, json.dumps({"id": json.loads(data)["id"], "result": []}).encode() + b"\n")
                elif data.startswith(b"SSH-") or (data.startswith(b"PRI") and b"SSH-" in data):
                    self._note("ssh inside TLS", data)
                    body = b"SSH-2.0-outside\r\n"
                    data = self._say(link, body if data[:1] == b"S" else _h2_answer(body))
                elif data.startswith(b"PRI") and _asked_in_h2(data):
                    data = self._say(link, _h2_answer(b"honest"))
                elif data.startswith(b"\x81"):
                    data = self._say(link, b'\x81\x09{"id": 1}')
                elif b"\r\n\r\n" in data and not data.startswith(b"PRI") and _whole(data):
                    data = self._say(link, self._inside(data))

    def _ticks(self, context: ssl.SSLContext, peer: socket.socket) -> None:
        """A server that tells whoever asks for a WebSocket one thing."""
        context.set_alpn_protocols(["http/1.1"])
        with context.wrap_socket(peer, server_side=True) as link:
            data = b""
            while b"\r\n\r\n" not in data and (part := link.recv(4096)):
                data += part
            key = data.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
            accept = base64.b64encode(hashlib.sha1(key + _WEBSOCKET).digest())
            head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            link.sendall(head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            while link.recv(4096):
                link.sendall(b"\x81\x06honest")

    def _say(self, link: ssl.SSLSocket, data: bytes) -> bytes:
        link.sendall(data)
        return b""

    def _inside(self, data: bytes) -> bytes:
        if b"Upgrade: websocket" in data:
            self._note("an upgrade inside TLS", data)
            return b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        if b"SSH-" in data:
            self._note("ssh in a body", data)
            return _page(b"SSH-2.0-outside\r\n")
        if b"hidden.example" in data:
            self._note("a host behind the host", data)
            return _page(b"hidden page")
        return _page(b"honest")

    def _proxy(self, peer: socket.socket) -> None:
        """What an ordinary allow-list proxy does: look at the name, never at the bytes."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += peer.recv(4096)
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        if method != "CONNECT":
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhonest")
            return
        with socket.create_connection((self.address, int(target.rsplit(":", 1)[1])), timeout=5) as there:
            peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _join(peer, there)


def _asked_in_h2(data: bytes) -> bool:
    """Whether a request of HTTP/2 is whole: a frame of headers or data that ends its stream."""
    at = data.find(b"SM\r\n\r\n") + 6
    while at + 9 <= len(data):
        if data[at + 3] in (0, 1) and data[at + 4] & 1:
            return True
        at += 9 + int.from_bytes(data[at : at + 3], "big")
    return False


def _whole(data: bytes) -> bool:
    head, _, body = data.partition(b"\r\n\r\n")
    if b"content-length: " not in head.lower() and b"transfer-encoding: chunked" in head.lower():
        return body.endswith(b"0\r\n\r\n")
    size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return len(body) >= int(size or b"0")


def _page(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _h2_answer(body: bytes) -> bytes:
    """Settings, `:status 200` from the static table, the body."""
    frames = ((4, 0, 0, b""), (1, 4, 1, b"\x88"), (0, 0, 1, body))
    return b"".join(
        len(data).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + data
        for kind, flags, stream, data in frames
    )


def _join(one: socket.socket, other: socket.socket) -> None:
    one.settimeout(None)
    other.settimeout(None)
    while True:
        for sock in select.select([one, other], [], [])[0]:
            data = sock.recv(65536)
            if not data:
                return
            (other if sock is one else one).sendall(data)


def main() -> None:
    folder = Path(sys.argv[2])
    Outside(sys.argv[1], folder, sys.argv[3]).start()
    (folder / "ready").touch()
    sys.stdin.read()


if __name__ == "__main__":
    main()
