"""The recorder process: one per home, owns the ledger and its key. ``python -m vigiles.ledger.recorder --home DIR``.

With ``--detach`` the command returns when the recorder serves: exit code 0, or 75 where another recorder already holds the
home, or the error's own code with one line on standard error.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from vigiles.ledger.home import Home
from vigiles.model.errors import InputInvalid, LedgerUnwritable, VigilesError

if TYPE_CHECKING:
    from vigiles.ledger.book import Book

#: Exit code (EX_TEMPFAIL) when another recorder holds the home.
ALREADY_RUNNING = 75
_BACKLOG = 128
_MIGRATES = "brings an older ledger up to this version: some seconds for each million records, once"


class AlreadyRunning(VigilesError):
    """Another recorder holds this home."""

    exit_code = ALREADY_RUNNING


def take_lock(home: Home) -> int:
    """Return a descriptor that holds the home's lock until it is closed. Raises :class:`AlreadyRunning`."""
    try:
        lock = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise LedgerUnwritable(
            f"cannot open {home.lock}: {error.strerror}", "Check the mode of the home directory."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise AlreadyRunning(
            f"another recorder already serves {home.path}",
            "Use it: clients connect by themselves. Stop it to start another.",
        ) from error
    return lock


@contextmanager
def busy_with(lock: int, what: str) -> Iterator[None]:
    """Tell whoever waits for this recorder what it does before it can answer."""
    os.pwrite(lock, what.encode(), 0)
    try:
        yield
    finally:
        os.ftruncate(lock, 0)


def busy(home: Home) -> str:
    """Return what a recorder that holds the home does before it can answer; nothing where it only starts."""
    try:
        with open(home.lock, encoding="utf-8", errors="replace") as file:
            return file.read(200)
    except OSError:
        return ""


def listen(home: Home) -> socket.socket:
    """Return the listening socket, mode 0600. Called with the lock held, so an old socket file is nobody's."""
    directory = os.open(home.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Through /proc, because a socket path is limited to 107 bytes and a home is not.
        home.socket.unlink(missing_ok=True)
        listener.bind(f"/proc/self/fd/{directory}/{home.socket.name}")
        os.chmod(home.socket, 0o600)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise LedgerUnwritable(f"cannot listen at {home.socket}: {error.strerror}", "Check the home directory.") from error
    finally:
        os.close(directory)
    return listener


def serve(path: Path, idle_exit_s: float, ready: int | None = None) -> None:
    """Record for home ``path`` until stopped or idle. Writes to and closes descriptor ``ready`` once clients can connect.

    Raises :class:`AlreadyRunning`, :class:`LedgerUnwritable`, :class:`LedgerInvalid` or :class:`InputInvalid`.
    """
    os.umask(0o077)
    home = Home(path)
    home.prepare()
    lock = take_lock(home)
    try:
        from vigiles.ledger.book import Book
        from vigiles.ledger.key import load_or_make
        from vigiles.ledger.reserve import Reserve, wanted_bytes
        from vigiles.ledger.schema import is_older
        from vigiles.ledger.service import Service, Timing
        from vigiles.ledger.sinks.outlet import Outlet
        from vigiles.ledger.store import Store

        outlet = Outlet(home, _complain)
        reserve = Reserve(home.reserve, wanted_bytes(home.reserve_bytes))
        reserve.clear()  # one that crashed left it behind, and this start may need the room
        if busy(home):
            os.ftruncate(lock, 0)  # by one that was killed at it
        with busy_with(lock, _MIGRATES) if is_older(home.database) else nullcontext():
            store = Store(home.database)
        book = Book(store, load_or_make(home))
        _settle(home)
        _retain(home, book)
        listener = listen(home)
        service = Service(book, listener, _complain, Timing(idle_exit_s=idle_exit_s), reserve, outlet.signed)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: service.stop())
        if ready is not None:
            os.write(ready, b"+")
            os.close(ready)
        try:
            service.run()
        finally:
            home.socket.unlink(missing_ok=True)
            listener.close()
            book.close()
            outlet.close()
    finally:
        os.close(lock)


def _retain(home: Home, book: Book) -> None:
    """Erase what the profiles keep no longer. A start goes on where that fails: what is kept too long is not lost."""
    from vigiles.ledger.key import load_signer
    from vigiles.ledger.reader import Reader
    from vigiles.ledger.retention import carry_out

    try:
        erased = carry_out(Reader(home.database), book.erase, load_signer(home).private)
    except VigilesError as error:
        _complain(f"retention was not carried out: {error}")
        return
    if erased:
        _complain(f"retention: {erased} bodies erased")


def _settle(home: Home) -> None:
    """Make the names durable that this start made, and those of one that was killed before it could."""
    from vigiles.ledger.durable import sync_folder

    try:
        sync_folder(home.path)
        sync_folder(home.path.parent)
    except OSError as error:
        raise LedgerUnwritable(f"cannot sync {home.path}: {error.strerror}", "Check the disk.") from error


def _detach(path: Path, idle_exit_s: float) -> NoReturn:
    """Fork the recorder away and leave when it is ready, or with its error."""
    ready_read, ready_write = os.pipe()
    if os.fork():
        os.close(ready_write)
        with os.fdopen(ready_read, "rb") as pipe:
            told = pipe.read()
        if told == b"+":
            os._exit(0)
        number, _, text = told.decode("utf-8", "replace").partition(" ")
        sys.stderr.write(text or "the recorder died while starting\n")
        sys.stderr.flush()
        os._exit(int(number) if number.isdecimal() else 106)
    os.close(ready_read)
    os.setsid()
    code = 0
    try:
        home = Home(path)
        home.prepare()
        log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        null = os.open(os.devnull, os.O_RDWR)
        for target, source in ((0, null), (1, null), (2, log)):
            os.dup2(source, target)
        serve(path, idle_exit_s, ready_write)
    except VigilesError as error:
        code = error.exit_code
        _tell(ready_write, code, f"{error}\n{error.remedy}\n")
    except OSError as error:
        code = LedgerUnwritable.exit_code
        _tell(ready_write, code, f"{error}\nCheck the home directory.\n")
    except BaseException as error:
        _tell(ready_write, 106, f"{type(error).__name__}: {error}\n")
        raise
    os._exit(code)


def _tell(ready: int, code: int, text: str) -> None:
    """Tell the waiting starter, or the log where it has left already."""
    try:
        os.write(ready, f"{code} {text}".encode())
    except OSError:
        _complain(text.strip())


def _complain(text: str) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        sys.stderr.write(f"{stamp} recorder {os.getpid()}: {text}\n")
        sys.stderr.flush()
    except OSError:
        pass


def main(arguments: list[str] | None = None) -> int:
    """Run the recorder from a command line."""
    parser = argparse.ArgumentParser(prog="vigiles-recorder", description="Record for one Vigiles home.")
    parser.add_argument("--home", type=Path, required=True, help="the home directory")
    parser.add_argument(
        "--idle-exit", type=float, default=10.0, metavar="SECONDS", help="leave after so long without clients"
    )
    parser.add_argument("--detach", action="store_true", help="serve in the background; return when ready")
    options = parser.parse_args(arguments)
    try:
        if not options.idle_exit > 0:
            raise InputInvalid("--idle-exit must be positive", "Give a number of seconds.")
        if options.detach:
            _detach(options.home.absolute(), options.idle_exit)
        serve(options.home.absolute(), options.idle_exit)
    except VigilesError as error:
        sys.stderr.write(f"{error}\n{error.remedy}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
