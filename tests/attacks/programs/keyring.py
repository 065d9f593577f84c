"""The kernel's keyrings hold secrets per user, outside every file. ``description``: a key of type user with ``marker``."""

import ctypes

import say
import twins

libc = ctypes.CDLL(None, use_errno=True)
ADD_KEY, KEYCTL, SEARCH, READ = 248, 250, 10, 11
SESSION, USER, USER_SESSION = -3, -4, -5


def attack(given):
    refused = []
    for ring in (USER, USER_SESSION, SESSION):
        key = libc.syscall(KEYCTL, SEARCH, ring, b"user", given["description"].encode(), 0)
        if key < 0:
            refused.append(ctypes.get_errno())
            continue
        buffer = ctypes.create_string_buffer(256)
        size = libc.syscall(KEYCTL, READ, key, buffer, 256)
        if size > 0 and given["marker"].encode() in buffer.raw[:size]:
            return True, f"read {size} bytes"
    return False, f"errors {refused}"


say.main("keyring", attack, twins.work_on_a_file)
