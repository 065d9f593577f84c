"""Reach a server on the host's loopback (``port``; it greets with ``marker``) by 127.0.0.1, ::1 and the host's own names."""

import socket

import say
import twins


def attack(given):
    reached, refused = [], []
    for host in ("127.0.0.1", "::1", "0.0.0.0", "127.9.9.9", "::ffff:127.0.0.1"):
        try:
            with socket.create_connection((host, int(given["port"])), timeout=2) as sock:
                if given["marker"].encode() in sock.recv(256):
                    reached.append(host)
        except OSError as error:
            refused.append(f"{host}={error.errno}")
    return bool(reached), f"reached: {reached}; refused: {' '.join(refused)}"


def twin(given):
    return twins.loopback()


say.main("host_loopback", attack, twin)
