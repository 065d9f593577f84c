"""Shared by the programs: read ``key=value`` arguments, run the attack or its honest twin, print one JSON line, exit 0."""

import json
import sys


def main(name, attack, twin):
    """``argv``: ``attack`` or ``twin``, then ``key=value`` ... Both functions get a dict and return (worked, detail)."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "attack"
    given = dict(word.partition("=")[::2] for word in sys.argv[2:])
    try:
        worked, detail = (attack if kind == "attack" else twin)(given)
    except Exception as error:
        worked, detail = False, f"{type(error).__name__}: {error}"
    word = "succeeded" if kind == "attack" else "works"
    sys.stdout.write(json.dumps({kind: name, word: bool(worked), "detail": str(detail)[:300]}) + "\n")
    sys.stdout.flush()


def exchange(sock, data, size=4096, timeout=3.0):
    """Send ``data`` on a connected socket and return the first answer."""
    sock.settimeout(timeout)
    sock.sendall(data)
    return sock.recv(size)
