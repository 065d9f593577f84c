"""The 32-bit system call gate: ``int 0x80`` reaches another call table, past a filter that knows only 64-bit numbers."""

import ctypes
import mmap
import os
import signal

import say


def gate(number):
    """Machine code: mov eax, number; int 0x80; ret."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8" + number.to_bytes(4, "little") + b"\xcd\x80\xc3")
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


def in_child(act):
    """Return what ``act`` proved in a child: its exit status, or the name of the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if act() == os.getpid() else 1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code == 0, f"exit {code}" if code >= 0 else signal.Signals(-code).name


def attack(given):
    return in_child(lambda: gate(20))


def twin(given):
    """Machine code made at run time is honest (compilers do it), the gate is not."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x2a\x00\x00\x00\xc3")
    answer = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    return answer == 42, f"{answer}"


if __name__ == "__main__":
    say.main("int80", attack, twin)
