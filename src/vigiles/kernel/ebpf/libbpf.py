"""The few functions of libbpf 1 that are used, by ctypes. Source: libbpf.h and bpf.h of Debian's libbpf-dev.

Each function raises OSError with the kernel's errno; what libbpf prints about it is kept for :func:`said`.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from functools import cache

from vigiles.model.errors import ControlUnavailable

SONAME = "libbpf.so.1"
#: From here on a number is libbpf's own: it cannot make sense of the object.
OWN_ERRORS = 4000
_WARN = 0
_Print = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_Sample = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_SIGNATURES: dict[str, tuple[type, tuple[type, ...]]] = {
    "bpf_object__open_mem": (_POINTER, (ctypes.c_char_p, ctypes.c_size_t, _POINTER)),
    "bpf_object__load": (_INT, (_POINTER,)),
    "bpf_object__close": (_INT, (_POINTER,)),
    "bpf_object__find_map_by_name": (_POINTER, (_POINTER, ctypes.c_char_p)),
    "bpf_object__find_program_by_name": (_POINTER, (_POINTER, ctypes.c_char_p)),
    "bpf_map__set_max_entries": (_INT, (_POINTER, ctypes.c_uint32)),
    "bpf_map__fd": (_INT, (_POINTER,)),
    "bpf_program__attach": (_POINTER, (_POINTER,)),
    "bpf_program__attach_cgroup": (_POINTER, (_POINTER, _INT)),
    "bpf_link__destroy": (_INT, (_POINTER,)),
    "bpf_map_update_elem": (_INT, (_INT, _POINTER, _POINTER, ctypes.c_uint64)),
    "bpf_map_lookup_elem": (_INT, (_INT, _POINTER, _POINTER)),
    "bpf_map_delete_elem": (_INT, (_INT, _POINTER)),
    "ring_buffer__new": (_POINTER, (_INT, _Sample, _POINTER, _POINTER)),
    "ring_buffer__consume": (_INT, (_POINTER,)),
    "ring_buffer__epoll_fd": (_INT, (_POINTER,)),
    "ring_buffer__free": (type(None), (_POINTER,)),
    "libbpf_set_print": (_POINTER, (_Print,)),
}
_said: list[str] = []


class _OpenOptions(ctypes.Structure):
    """The beginning of ``struct bpf_object_open_opts``; libbpf goes by the size given."""

    _fields_ = [("sz", ctypes.c_size_t), ("object_name", ctypes.c_char_p)]


@cache
def library(name: str = SONAME) -> ctypes.CDLL:
    """Return libbpf with its functions typed. Raises :class:`ControlUnavailable` if it is not there or is another one."""
    try:
        found = ctypes.CDLL(name, use_errno=True)
        for function, (result, arguments) in _SIGNATURES.items():
            entry = getattr(found, function)
            entry.restype = None if result is type(None) else result
            entry.argtypes = arguments
    except (OSError, AttributeError) as error:
        raise ControlUnavailable("bpf", f"{name} cannot be used ({error})", "install libbpf 1 (Debian: libbpf1)") from error
    found.libbpf_set_print(_KEEP)
    return found


def _keep(level: int, form: bytes, arguments: int) -> int:
    """Keep the warnings, a bounded number of them; libbpf would print them on our standard error."""
    if level == _WARN and len(_said) < 200:
        room = ctypes.create_string_buffer(512)
        ctypes.CDLL(None).vsnprintf(room, ctypes.c_size_t(512), ctypes.c_char_p(form), ctypes.c_void_p(arguments))
        _said.append(" ".join(room.value.decode("utf-8", "backslashreplace").split()))
    return 0


_KEEP = _Print(_keep)


def said() -> list[str]:
    """Return libbpf's warnings since the last time, oldest first."""
    lines = list(_said)
    _said.clear()
    return lines


def checked(result: int, what: str) -> int:
    """Return ``result`` unless it is a negative errno."""
    if result < 0:
        raise OSError(-result, f"{what}: {os.strerror(-result)}")
    return result


def present(pointer: int | None, what: str) -> int:
    """Return ``pointer`` unless it is null."""
    if not pointer:
        number = ctypes.get_errno() or errno.EINVAL
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return pointer


def open_object(image: bytes, name: str) -> int:
    """Return the handle of an object that is parsed and not yet loaded. ``image`` is copied."""
    options = _OpenOptions(ctypes.sizeof(_OpenOptions), name.encode())
    return present(library().bpf_object__open_mem(image, len(image), ctypes.byref(options)), "read the object")


def ring(map_fd: int, take: Callable[[bytes], bool]) -> tuple[int, object]:
    """Return the handle of a ring buffer's reader, and what has to live as long as it does.

    ``take`` gets each record's bytes; if it returns False, that record was the last of this round. It must not raise.
    """

    def sample(_context: int | None, data: int, size: int) -> int:
        return 0 if take(ctypes.string_at(data, size)) else -errno.EAGAIN

    callback = _Sample(sample)
    return present(library().ring_buffer__new(map_fd, callback, None, None), "open the ring buffer"), callback
