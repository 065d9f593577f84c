"""Fill the private disk: one file in /tmp, one in ``workdir``, one in /dev/shm, then files without content. Succeeds if more
than ``bytes`` or more than ``files`` could be written. Takes its files away again.
"""

import os

import say
import twins

BLOCK = bytes(1 << 20)


def write(path, most):
    """Write until refused or until ``most`` bytes; return the bytes."""
    done = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while done <= most:
                done += file.write(BLOCK)
    except OSError:
        pass
    return done


def attack(given):
    most, files = int(given["bytes"]), int(given["files"])
    paths = [os.path.join(folder, "fill") for folder in ("/tmp", given["workdir"], "/dev/shm", "/var/tmp")]
    written = [write(path, most) for path in paths]
    for path in paths:
        if os.path.exists(path):
            os.unlink(path)
    folder, made = "/tmp/many", 0
    os.mkdir(folder)
    try:
        while made <= files:
            os.close(os.open(f"{folder}/{made}", os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError:
        pass
    for name in os.listdir(folder):
        os.unlink(f"{folder}/{name}")
    return sum(written) > most or made > files, f"{[one >> 20 for one in written]} MiB, {made} files"


say.main("fill_disk", attack, twins.work_on_a_file)
