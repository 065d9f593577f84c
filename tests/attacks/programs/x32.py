"""x32 system call numbers (bit 30 set). A kernel without CONFIG_X86_X32_ABI answers ENOSYS: stopped without a cell too."""

import ctypes
import os

import int80
import say

libc = ctypes.CDLL(None, use_errno=True)
X32, GETPID = 0x40000000, 39


def attack(given):
    return int80.in_child(lambda: libc.syscall(ctypes.c_long(X32 | GETPID)))


def twin(given):
    return libc.syscall(GETPID) == os.getpid(), "getpid by its number"


say.main("x32", attack, twin)
