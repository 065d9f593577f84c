"""TIOCSTI on the terminal that we were given (not one of our own making): type a command as if the person had."""

import ctypes
import os
import select
import termios

import say

IOCTL, TIOCSTI, TIOCLINUX = 16, 0x5412, 0x541C
#: The kernel looks at the lower half of the number only; a filter that compares all of it is passed.
HIGH = 1 << 32
libc = ctypes.CDLL(None, use_errno=True)


def attack(given):
    done, errors = [], []
    terminal = os.open("/dev/tty", os.O_RDWR)
    settings = termios.tcgetattr(terminal)
    raw = termios.tcgetattr(terminal)
    raw[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(terminal, termios.TCSANOW, raw)
    for name, request, data in (
        ("TIOCSTI", TIOCSTI, b"X"),
        ("TIOCSTI, upper half set", TIOCSTI | HIGH, b"X"),
        ("TIOCLINUX", TIOCLINUX, b"\3"),
    ):
        if libc.syscall(IOCTL, terminal, ctypes.c_ulong(request), data) < 0:
            errors.append(f"{name}={ctypes.get_errno()}")
        elif select.select([terminal], [], [], 0.5)[0] and os.read(terminal, 1) == b"X":
            done.append(name)
    termios.tcsetattr(terminal, termios.TCSANOW, settings)
    return bool(done), f"done: {done}; refused: {errors}"


def twin(given):
    """A terminal can be asked for its size and its settings."""
    with open("/dev/tty", "wb", buffering=0) as terminal:
        return bool(os.get_terminal_size(terminal.fileno())) and bool(termios.tcgetattr(terminal)), "size and settings"


say.main("own_terminal", attack, twin)
