"""TIOCSTI: type a command into a terminal as if a person had. On a terminal of one's own, so that nobody is harmed."""

import fcntl
import os
import pty
import select
import termios

import say

TIOCSTI = 0x5412


def in_terminal(act):
    """Run ``act(terminal)`` in a child whose controlling terminal is a new one; return what it returned as text."""
    reader, writer = os.pipe()
    outer, inner = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(inner, termios.TIOCSCTTY, 0)
        settings = termios.tcgetattr(inner)
        settings[3] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(inner, termios.TCSANOW, settings)
        try:
            os.write(writer, act(inner, outer))
        except OSError as error:
            os.write(writer, f"errno {error.errno}".encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    return os.read(reader, 64)


def push(inner, outer):
    fcntl.ioctl(inner, TIOCSTI, b"X")
    return os.read(inner, 1) if select.select([inner], [], [], 1)[0] else b"nothing came"


def typed(inner, outer):
    os.write(outer, b"Y")
    return os.read(inner, 1) if select.select([inner], [], [], 1)[0] else b"nothing came"


def attack(given):
    came = in_terminal(push)
    return came == b"X", f"{came!r}"


def twin(given):
    """A terminal works: what is typed at one end is read at the other."""
    came = in_terminal(typed)
    return came == b"Y", f"{came!r}"


say.main("type_ahead", attack, twin)
