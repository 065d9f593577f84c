"""Forked children in which things are tried, so that nothing that is tried stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from vigiles.kernel import privileges
from vigiles.model.errors import VigilesError

_NOBODY = 65534
_WAIT_S = 5


def fork(act: Callable[[], str], out: int = -1, drop: bool = True) -> int:
    """Fork a child that does ``act`` as an ordinary user and writes its complaint (an empty one is success) to ``out``."""
    pid = os.fork()
    if pid:
        return pid
    complaint = "failed"
    try:
        privileges.die_with_parent()
        signal.alarm(_WAIT_S)
        if out >= 0:
            os.dup2(out, 1)
        if drop and os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
            privileges.dumpable()  # changing uid closed /proc/self, where the identity maps lie
        complaint = act()
    except OSError as error:
        complaint = os.strerror(error.errno) if error.errno else str(error.strerror)
    except VigilesError as error:
        complaint = str(error)
    except BaseException as error:
        complaint = type(error).__name__
    finally:
        if out >= 0:
            os.write(out, b"\0" + complaint.encode())
        os._exit(0)


def in_child(act: Callable[[], str], drop: bool = True) -> tuple[str, str | None]:
    """Do ``act`` in a child; return what it printed and its complaint, None if there is none."""
    reader, writer = os.pipe()
    pid = fork(act, writer, drop)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        printed, found, complaint = file.read().partition(b"\0")
    status = os.waitpid(pid, 0)[1]
    if not found:
        return printed.decode(), f"the child died of signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "no answer"
    return printed.decode(), complaint.decode() or None
