"""What gets past the redirection, tried from inside a cell; one JSON object: name -> [what came, milliseconds].

``attempts.py KIND...``: ``attacks`` and ``twins`` (the honest thing beside each), or ``reuse ADDRESS`` (another call's).
"""

import errno
import json
import socket
import struct
import sys
import time

#: ``UNPINNED`` is where a listed name might really be, which the profile does not say.
HOST, REAL, ELSEWHERE, UNPINNED = "mirror.example", "203.0.113.30", "203.0.113.77", "203.0.113.40"
GET = f"GET /page.txt HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
LISTED = "203.0.113.31"
SOCKS, SOCK_MPTCP, SCTP = ("127.0.0.1", 3130), 262, 132


def fetch(address, port=80, family=socket.AF_INET, request=GET):
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(10)
        sock.connect((address, port))
        sock.sendall(request)
        return said(sock)


def said(sock):
    data = b""
    while piece := sock.recv(65536):
        data += piece
    if b"200 OK" in data:
        return "page" if b"the page of" in data else "200"
    return data[:24].decode("latin-1")


def socks(kind, host, port=80, request=GET):
    with socket.create_connection(SOCKS, timeout=10) as sock:
        sock.sendall(b"\x05\x01\x00\x05\x01\x00" + kind + host + port.to_bytes(2, "big"))
        assert sock.recv(2) == b"\x05\x00"
        code = sock.recv(10)[1]
        if code:
            return f"reply {code}"
        sock.sendall(request)
        return said(sock)


def by_name(name, port=80):
    raw = name if isinstance(name, bytes) else name.encode()
    return socks(b"\x03", bytes([len(raw)]) + raw, port)


def proxied(authority):
    with socket.create_connection(("127.0.0.1", 3128), timeout=10) as sock:
        sock.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        head = sock.recv(4096).decode()
        if " 200 " not in head:
            return head.split("Vigiles-Reason: ")[-1].split("\r\n")[0]
        sock.sendall(GET)
        return said(sock)


def resolve(name, family=socket.AF_INET, flags=0):
    return socket.getaddrinfo(name, 80, family, socket.SOCK_STREAM, 0, flags)[0][4][0]


def ask(name, qtype, server="127.0.0.1"):
    answer = exchanged(name, qtype, server)
    return f"rcode {answer[3] & 15}, {int.from_bytes(answer[6:8], 'big')} records"


def resolve_past_the_hosts_file(name):
    return socket.inet_ntoa(exchanged(name, 1, "127.0.0.1")[-4:])


def exchanged(name, qtype, server):
    query = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0)
    query += b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0" + struct.pack("!HH", qtype, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(query, (server, 53))
        return sock.recv(4096)


def quic(connect, family=socket.AF_INET, host=None):
    """As a QUIC client begins: a datagram to port 443, and a wait for the answer that must not last."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        where = (host or resolve(HOST, family), 443)
        if connect:
            sock.connect(where)
            sock.send(b"\xc0\0\0\0\1" + bytes(1195))
        else:
            sock.sendto(b"\xc0\0\0\0\1" + bytes(1195), where)
        return str(sock.recv(1))


def made(family, kind, protocol=0):
    socket.socket(family, kind, protocol).close()
    return "made"


def fast_open():
    with socket.socket() as sock:
        sock.sendto(GET, 0x20000000, (REAL, 80))
        return said(sock)


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


SIX, FOUR = socket.AF_INET6, socket.AF_INET
ATTACKS = {
    "an address that stands for nothing": lambda: fetch(ELSEWHERE),
    "a real address that DNS did not name": lambda: fetch(UNPINNED),
    "the same over IPv4 in an IPv6 socket": lambda: fetch(f"::ffff:{ELSEWHERE}", family=SIX),
    "an IPv6 address": lambda: fetch("2001:db8::1", family=SIX),
    "a made-up address never given out": lambda: fetch("198.18.0.99"),
    "its IPv6 form": lambda: fetch("2001:2::c612:63", family=SIX),
    "an IPv6 address beside the made-up ones": lambda: fetch("2001:2:0:5::c612:1", family=SIX),
    "the last of the range": lambda: fetch("198.19.255.255"),
    "a port that is not listed": lambda: fetch(resolve(HOST), 8443),
    "another host's name at the address": lambda: fetch(resolve(HOST), request=GET.replace(HOST.encode(), b"other.example")),
    "a name whose address is refused": lambda: fetch(
        resolve_past_the_hosts_file("localhost"), request=GET.replace(HOST.encode(), b"localhost")
    ),
    "QUIC, connected": lambda: quic(True),
    "QUIC, by sendto": lambda: quic(False),
    "QUIC over IPv6": lambda: quic(True, SIX),
    "QUIC to the real address": lambda: quic(False, host=REAL),
    "another name server": lambda: ask(HOST, 1, ELSEWHERE),
    "MPTCP": lambda: made(FOUR, socket.SOCK_STREAM, SOCK_MPTCP),
    "SCTP": lambda: made(FOUR, socket.SOCK_STREAM, SCTP),
    "ping": lambda: made(FOUR, socket.SOCK_DGRAM, socket.IPPROTO_ICMP),
    "ping over IPv6": lambda: made(SIX, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6),
    "a raw socket": lambda: made(FOUR, socket.SOCK_RAW, socket.IPPROTO_RAW),
    "TCP Fast Open": fast_open,
    "SOCKS to another host": lambda: by_name("blocked.example"),
    "SOCKS to another port": lambda: by_name(HOST, 8443),
    "SOCKS to a name whose address is refused": lambda: by_name("localhost"),
    "SOCKS to metadata": lambda: socks(b"\x01", packed("169.254.169.254")),
    "SOCKS to loopback": lambda: socks(b"\x04", packed("::1"), 3129),
    "SOCKS, IPv4 in an IPv6 address": lambda: socks(b"\x04", packed(f"::ffff:{ELSEWHERE}")),
    "SOCKS, IPv4-compatible": lambda: socks(b"\x04", packed(f"::{REAL}")),
    "SOCKS, translated (RFC 6052)": lambda: socks(b"\x04", packed(f"64:ff9b::{REAL}")),
    "SOCKS, a name full of NULs": lambda: by_name(b"\0" * 200),
    "SOCKS, a NUL behind the host": lambda: by_name(HOST.encode() + b"\0.blocked.example"),
    "SOCKS, a scope id": lambda: by_name("fe80::1%lo"),
    "SOCKS, a short address": lambda: by_name("127.1"),
    "CONNECT to a made-up address never given out": lambda: proxied("198.18.0.99:80"),
    "CONNECT, IPv6": lambda: proxied("[2001:db8::1]:80"),
}
TWINS = {
    "a plain connect": lambda: fetch(resolve(HOST)),
    "over IPv6": lambda: fetch(resolve(HOST, SIX), family=SIX),
    "over IPv4 in an IPv6 socket": lambda: fetch(f"::ffff:{resolve(HOST)}", family=SIX),
    "the pinned address itself": lambda: fetch(REAL),
    "an address that the profile lists": lambda: fetch(LISTED, request=GET.replace(HOST.encode(), LISTED.encode())),
    "twice the same answer": lambda: str(resolve(HOST) == resolve(HOST)),
    "IPv4 asked for, if the machine has it": lambda: fetch(resolve(HOST, flags=socket.AI_ADDRCONFIG)),
    "HTTPS record of the host": lambda: ask(HOST, 65),
    "SVCB record of the host": lambda: ask(HOST, 64),
    "SOCKS by name": lambda: by_name(HOST),
    "SOCKS by made-up address": lambda: socks(b"\x01", packed(resolve(HOST))),
    "SOCKS by its IPv6 form": lambda: socks(b"\x04", packed(resolve(HOST, SIX))),
    "SOCKS by a listed address": lambda: socks(b"\x01", packed(LISTED), request=GET.replace(HOST.encode(), LISTED.encode())),
    "CONNECT by made-up address": lambda: proxied(f"{resolve(HOST)}:80"),
    "the address": lambda: resolve(HOST),
}


def tried(attempt):
    """Return what came and how soon; a second try where the machine was busy with something else."""
    came, took = once(attempt)
    if took > 1000:
        came, again = once(attempt)
        took = min(took, again)
    return [came, took]


def once(attempt):
    began = time.monotonic()
    try:
        came = attempt()
    except OSError as error:
        came = errno.errorcode.get(error.errno or 0, type(error).__name__)
    return came, round(1000 * (time.monotonic() - began))


def main(words):
    if words[0] == "reuse":
        table = {"an address given to another call": lambda: fetch(words[1])}
    else:
        table = ATTACKS if words[0] == "attacks" else TWINS
    sys.stdout.write(json.dumps({name: tried(attempt) for name, attempt in table.items()}))


main(sys.argv[1:])
