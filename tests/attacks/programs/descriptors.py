"""Descriptors that were left open by whoever started us: anything beyond 0, 1 and 2."""

import os
import tempfile

import say


def attack(given):
    held = []
    for name in os.listdir("/proc/self/fd"):
        if int(name) <= 2:
            continue
        try:
            held.append(f"{name}={os.readlink(f'/proc/self/fd/{name}')}")
        except OSError:
            pass  # the listing's own
    return bool(held), f"held: {held}"


def twin(given):
    with tempfile.TemporaryFile() as file:
        return file.fileno() > 2, "a file of one's own opens"


say.main("descriptors", attack, twin)
