"""Not an attack: an honest process of another call. Writes what it is to ``neighbour.json`` in ``workdir``, holds ``marker``
in its memory, environment (TOKEN), arguments and an open file, and connects to the door from a fixed port when asked. Ends
when it is told, or after 40 seconds.
"""

import ctypes
import json
import os
import socket
import struct
import sys
import time

PR_SET_PTRACER, ANYBODY = 0x59616D61, ctypes.c_ulong(-1)
RESET = struct.pack("ii", 1, 0)


def connect_from(port, door):
    """One connection to the door that is reset at once, as that of a killed client would be."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.bind(("127.0.0.1", port))
        sock.connect(("127.0.0.1", door))
        time.sleep(0.002)


def main():
    given = dict(word.partition("=")[::2] for word in sys.argv[1:])
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY, 0, 0, 0)
    secret = ctypes.create_string_buffer(given["marker"].encode())
    held = os.memfd_create("held")
    os.write(held, given["marker"].encode())
    asked = socket.socket(socket.AF_UNIX)
    asked.bind("\0neighbour-" + given["marker"])
    asked.listen(8)
    asked.settimeout(40)
    told = {"pid": os.getpid(), "address": ctypes.addressof(secret), "size": len(secret.value), "fd": held}
    path = os.path.join(given["workdir"], "neighbour.json")
    with open(path + ".new", "w") as file:
        json.dump(told, file)
    os.rename(path + ".new", path)
    while True:
        with asked.accept()[0] as peer:
            words = peer.recv(64).split()
            if words[:1] == [b"end"]:
                return
            try:
                connect_from(int(words[1]), int(words[2]))
                peer.sendall(b"done")
            except OSError as error:
                peer.sendall(str(error).encode())


if __name__ == "__main__":
    main()
