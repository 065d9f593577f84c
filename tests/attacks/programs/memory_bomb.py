"""Take ``bytes`` (3 GiB) of memory in one process; touch the first ``touch`` bytes (64 MiB) of it. ``kind``: ``private``,
``shared`` (MAP_SHARED), ``memfd`` or ``file`` (in /dev/shm).
"""

import mmap
import os

import say

PAGE = 4096


def attack(given):
    size, touch = int(given.get("bytes", 3 << 30)), int(given.get("touch", 64 << 20))
    kind = given.get("kind", "private")
    if kind == "private":
        area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    elif kind == "shared":
        area = mmap.mmap(-1, size, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    else:
        path = f"/dev/shm/bomb-{os.getpid()}"
        fd = os.memfd_create("bomb") if kind == "memfd" else os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            os.posix_fallocate(fd, 0, touch)
            os.ftruncate(fd, size)
            area = mmap.mmap(fd, size)
        finally:
            if kind == "file":
                os.unlink(path)
            os.close(fd)
    with area:
        for at in range(0, touch, PAGE):
            area[at] = 1
        for at in range(size - PAGE, size - PAGE - (1 << 20), -PAGE):
            area[at] = 1
        return len(area) == size, f"{kind}: {len(area) >> 20} MiB mapped, {touch >> 20} MiB touched"


def twin(given):
    """256 MiB is honest work."""
    data = bytearray(256 << 20)
    data[::PAGE] = b"x" * (len(data) // PAGE)
    return data.count(b"x") == len(data) // PAGE, "256 MiB"


say.main("memory_bomb", attack, twin)
