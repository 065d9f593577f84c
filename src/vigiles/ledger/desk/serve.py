"""The desk's process: answers over a Unix socket, a thread for each who asks, until it is stopped.

It opens the store read-only for each question and never the signing key. Everybody may connect; the kernel says who it is.
"""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from vigiles.ledger.desk.messages import MOST_QUESTION_BYTES, Answer, NotShown, Show, packed, payload_from, to_desk
from vigiles.ledger.desk.readers import Readers, Right, peer_of
from vigiles.ledger.desk.showing import answer
from vigiles.ledger.home import Home
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.wire import UNREADABLE
from vigiles.model.errors import InputInvalid, VigilesError

#: Who asks may not take longer, seconds; and how many may ask at once, of one user and together.
TIMEOUT_S = 10.0
_AT_ONCE, _OF_ONE = 16, 4


class _Turns:
    """Bounds how many questions are open, so that one user cannot keep the others out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, int] = {}

    @contextlib.contextmanager
    def turn(self, uid: int) -> Iterator[bool]:
        """Yield whether there is room for one more question of a user."""
        with self._lock:
            mine = self._open.get(uid, 0)
            free = mine < _OF_ONE and sum(self._open.values()) < _AT_ONCE
            if free:
                self._open[uid] = mine + 1
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    self._open[uid] -= 1
                    if not self._open[uid]:
                        del self._open[uid]


class Desk(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """``heard`` is told a line for each question. Made by :func:`desk`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, home: Path, readers: Readers, heard: Callable[[str], None], listener: socket.socket) -> None:
        super().__init__("", socketserver.BaseRequestHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self._home, self._readers, self._heard = home, readers, heard
        self._turns = _Turns()

    def finish_request(self, request: object, client_address: object) -> None:
        """Answer one who asks. Whatever it sends or does ends this connection and nothing else."""
        assert isinstance(request, socket.socket)
        request.settimeout(TIMEOUT_S)
        try:
            uid, gids = peer_of(request)
            with self._turns.turn(uid) as free:
                if free:
                    request.sendall(packed(self._answer(request, uid, self._readers.right_of(uid, gids))))
                else:
                    request.sendall(packed(NotShown(110, "too many questions at once", "Ask again in a moment.")))
        except (OSError, ValueError, *UNREADABLE):
            self._heard("a question that could not be read or answered")

    def _answer(self, request: socket.socket, uid: int, right: Right | None) -> Answer:
        question = to_desk.decode(payload_from(request, MOST_QUESTION_BYTES))
        what = f"show {question.which!r}" if isinstance(question, Show) else "list"
        self._heard(f"user {uid}, who may read {right or 'nothing'}: {what}")
        if right is None:
            remedy = "Ask the ledger's owner to name a group of yours in [readers] of its settings.toml."
            return NotShown(InputInvalid.exit_code, "you may not read this ledger", remedy)
        try:
            with LedgerReader(self._home) as reader:
                return answer(reader, question, right)
        except VigilesError as error:
            return NotShown(error.exit_code, str(error), error.remedy)


def desk(home: Path, readers: Readers, place: Path, heard: Callable[[str], None]) -> Desk:
    """Return a desk that listens at ``place``. Raises :class:`InputInvalid` if it cannot, or another one does."""
    if not Home(home).database.exists():
        raise InputInvalid(f"no ledger in {home}", "Name its home with --home, or set VIGILES_HOME.")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with reached(place) as path:
            _clear(place, path)
            listener.bind(path)
            os.chmod(path, 0o666)  # who asks is told apart by the kernel, not by this mode
            listener.listen(Desk.request_queue_size)
    except OSError as error:
        listener.close()
        raise InputInvalid(f"cannot listen at {place}: {error.strerror}", "Name a folder that you can write.") from error
    except BaseException:
        listener.close()
        raise
    return Desk(home, readers, heard, listener)


@contextlib.contextmanager
def reached(place: Path) -> Iterator[str]:
    """Yield a short path to a socket: its own may be longer than the 107 bytes that an address holds. Raises OSError."""
    folder = os.open(place.absolute().parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{place.name}"
    finally:
        os.close(folder)


def _clear(place: Path, path: str) -> None:
    """Remove the socket of a desk that was killed. Raises :class:`InputInvalid` where something else is there."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise InputInvalid(f"{place} is there and is no socket", "Name another path.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.settimeout(1.0)
        try:
            other.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise InputInvalid(f"somebody serves at {place} already", "Name another path, or end that one.")
