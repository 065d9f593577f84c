"""Reach the home's recorder, starting it when none runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from vigiles.ledger.home import Home
from vigiles.ledger.recorder import ALREADY_RUNNING, busy
from vigiles.ledger.wire import (
    HEADER_BYTES,
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    UNREADABLE,
    Hello,
    Welcome,
    frame,
    from_recorder,
)
from vigiles.model.errors import InputInvalid, LedgerInvalid, LedgerUnwritable, ProcessLost, VigilesError

_START_S = 15.0
_RETRY_S, _LOOK_S = 0.02, 1.0
_ERRORS: dict[int, type[VigilesError]] = {100: InputInvalid, 103: LedgerUnwritable, 104: LedgerInvalid}


def connect(home: Path) -> socket.socket | None:
    """Return a greeted, blocking socket to the running recorder, or None if none answers."""
    try:
        directory = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(_START_S)
        sock.connect(f"/proc/self/fd/{directory}/{Home(home).socket.name}")
        sock.sendall(frame(Hello(PROTOCOL)))
        header = sock.recv(HEADER_BYTES, socket.MSG_WAITALL)
        length = int.from_bytes(header, "big") if len(header) == HEADER_BYTES else 0
        payload = sock.recv(min(length, MAX_MESSAGE_BYTES), socket.MSG_WAITALL) if length else b""
        if payload:
            if not _fits(payload):
                raise InputInvalid(
                    "the recorder speaks another version",
                    "End the other Vigiles first, or use another VIGILES_HOME.",
                )
            sock.settimeout(None)
            return sock
    except OSError:
        pass
    except BaseException:
        sock.close()
        raise
    finally:
        os.close(directory)
    sock.close()
    return None


def _fits(payload: bytes) -> bool:
    try:
        welcome = from_recorder.decode(payload)
    except UNREADABLE:
        return False
    return isinstance(welcome, Welcome) and welcome.protocol == PROTOCOL


def connect_or_start(home: Path, *, idle_exit_s: float = 10.0) -> socket.socket:
    """Return a greeted, blocking socket to the home's recorder; start one, detached, if none runs.

    Safe when several callers do this at once: one recorder gets the lock, the others connect to it. A recorder that says
    what it is busy with is waited for, however long that takes; on a terminal a line says so. Raises
    :class:`LedgerUnwritable`, :class:`LedgerInvalid` or :class:`InputInvalid` with the recorder's reason,
    :class:`ProcessLost` if it does not come up.
    """
    home = home.absolute()
    waiting = _Waiting(Home(home))
    while True:
        sock = connect(home)
        if sock is not None:
            return sock
        if waiting.is_over():
            raise ProcessLost("the recorder does not answer", f"Look at {Home(home).log}; end the process that holds it.")
        _start(home, idle_exit_s, waiting)


class _Waiting:
    """How long a recorder is waited for: so long, and for as long as it says that it is busy."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._deadline = time.monotonic() + _START_S
        self._told = False

    def is_over(self) -> bool:
        """Say whether it should have answered by now."""
        what = busy(self._home)
        if what:
            self._deadline = time.monotonic() + _START_S
            if not self._told and sys.stderr is not None and sys.stderr.isatty():
                sys.stderr.write(f"vigiles: the recorder {what}\n")
            self._told = True
        return time.monotonic() > self._deadline


def _start(home: Path, idle_exit_s: float, waiting: _Waiting) -> None:
    # -P and cwd=/: a file named vigiles in the caller's directory, which may be the agent's, is never imported.
    arguments = [sys.executable, "-P", "-m", "vigiles.ledger.recorder", "--detach"]
    started = subprocess.Popen(
        [*arguments, "--home", str(home), "--idle-exit", str(idle_exit_s)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
    )
    while True:
        try:
            _, stderr = started.communicate(timeout=_LOOK_S)
            break
        except subprocess.TimeoutExpired:
            waiting.is_over()
    if started.returncode == ALREADY_RUNNING:
        time.sleep(_RETRY_S)
        return
    if started.returncode != 0:
        message, _, remedy = stderr.decode("utf-8", "replace").strip().partition("\n")
        kind = _ERRORS.get(started.returncode, ProcessLost)
        raise kind(message or "the recorder died while starting", remedy or f"Look at {Home(home).log}.")
