"""Speak to a server of the host by a Unix socket: ``paths`` (commas; docker.sock and others) or ``abstract`` (a name). The
server greets with ``marker``. Stream and datagram; connect(2), and sendto(2) which no listener sees.
"""

import os
import socket
import tempfile

import say
import twins


def attack(given):
    addresses = [path for path in given.get("paths", "").split(",") if path]
    addresses += ["\0" + name for name in given.get("abstract", "").split(",") if name]
    spoken, refused = [], []
    for address in addresses:
        shown = address.replace("\0", "@")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(2)
                sock.connect(address)
                if given["marker"].encode() in sock.recv(256):
                    spoken.append(shown)
        except OSError as error:
            refused.append(f"{shown}={error.errno}")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.bind("")
                sock.settimeout(1)
                sock.sendto(b"hello", address + ".dgram")
                if given["marker"].encode() in sock.recv(256):
                    spoken.append(shown + ".dgram")
        except OSError as error:
            refused.append(f"{shown}.dgram={error.errno}")
    return bool(spoken), f"spoken: {spoken}; refused: {' '.join(refused)}"


def twin(given):
    """Unix sockets of one's own, by path and by abstract name."""

    def unix():
        return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    with tempfile.TemporaryDirectory() as folder:
        by_path = twins.loopback(unix, os.path.join(folder, "s"))
    by_name = twins.loopback(unix, "\0honest-" + str(os.getpid()))
    return by_path[0] and by_name[0], f"{by_path[1]} {by_name[1]}"


say.main("host_socket", attack, twin)
