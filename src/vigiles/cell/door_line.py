"""The supervisor's line to a door: orders and what comes of them, and between them the records of what the door saw."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import msgspec

from vigiles.cell.door.messages import (
    MAX_MESSAGE,
    Allow,
    Cut,
    Done,
    Entrust,
    Entrusted,
    FlowList,
    Flows,
    Ready,
    Shutdown,
    decode_from_door,
    encode,
)
from vigiles.model.errors import ProcessLost
from vigiles.model.response import FlowSnapshot
from vigiles.model.union import Recorded

#: How long a door may take to carry out an order, seconds.
_ORDER_S = 3.0
#: Messages taken in one go: a cell that never falls silent must not keep the loop from the other cells.
_TURN = 64


class DoorLine:
    """``observed`` hears each record, ``lost`` that the door is gone, or says what no door of ours would say. ``serves``
    hears, once, that it serves.

    Every order raises :class:`ProcessLost` if the door is gone, TimeoutError if it does not answer.
    """

    def __init__(
        self,
        sock: socket.socket,
        observed: Callable[[Recorded], None],
        lost: Callable[[], None],
        serves: Callable[[], None] = lambda: None,
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._observed = observed
        self._lost = lost
        self._serves = serves
        self._token = 0
        self._asked: dict[int, asyncio.Future[Done | list[FlowSnapshot]]] = {}
        self._pages: dict[int, list[FlowSnapshot]] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._words)

    async def cut(self, call: int | None) -> int:
        """Close the flows of ``call`` (None: all) and refuse new ones; return how many were closed."""
        answer = await self._ask(Cut(token=self._next(), call=call))
        return answer.flows if isinstance(answer, Done) else 0

    async def allow(self, call: int | None) -> None:
        """Undo a cut."""
        await self._ask(Allow(token=self._next(), call=call))

    async def entrust(self, credentials: list[Entrusted], salt: bytes) -> None:
        """Have the door hold credentials; they are held on return."""
        await self._ask(Entrust(token=self._next(), credentials=credentials, salt=salt.hex()))

    async def flows(self) -> list[FlowSnapshot]:
        """Return the flows that are open now."""
        answer = await self._ask(Flows(token=self._next()))
        return answer if isinstance(answer, list) else []

    async def shut(self) -> None:
        """Let the door send its last records and end."""
        await self._ask(Shutdown(token=self._next()))

    def deaf(self) -> None:
        """Listen no more."""
        self._loop.remove_reader(self._sock)

    def close(self) -> None:
        """Listen no more, let whoever waits for an answer know, and close the socket."""
        if self._sock.fileno() >= 0:
            self.deaf()
            self._sock.close()
        error = ProcessLost("the cell has ended", "open another episode")
        for future in self._asked.values():
            if not future.done():
                future.set_exception(error)
                future.exception()  # nobody may be waiting any more

    def _next(self) -> int:
        self._token += 1
        return self._token

    async def _ask(self, order: Cut | Allow | Flows | Entrust | Shutdown) -> Done | list[FlowSnapshot]:
        future: asyncio.Future[Done | list[FlowSnapshot]] = self._loop.create_future()
        self._asked[order.token] = future
        try:
            self._sock.send(encode(order))
            async with asyncio.timeout(_ORDER_S):
                return await future
        except TimeoutError:
            raise
        except OSError as error:
            raise ProcessLost("the door is gone", "open another episode") from error
        finally:
            self._asked.pop(order.token, None)
            self._pages.pop(order.token, None)

    def _words(self) -> None:
        for _ in range(_TURN):
            if self._sock.fileno() < 0:
                return  # what was just heard has ended the cell
            try:
                data = self._sock.recv(MAX_MESSAGE)
                word = decode_from_door(data) if data else None
            except BlockingIOError:
                return
            except (OSError, msgspec.MsgspecError):
                word = None
            if word is None:
                self.deaf()
                self._lost()
                return
            if isinstance(word, Done):
                self._answer(word.token, word)
            elif isinstance(word, FlowList):
                self._page(word)
            elif isinstance(word, Ready):
                self._serves()
            else:
                self._observed(word)

    def _page(self, word: FlowList) -> None:
        if word.token not in self._asked:
            return  # whoever asked has given up
        pages = self._pages.setdefault(word.token, [])
        pages.extend(word.flows)
        if word.last:
            self._answer(word.token, pages)

    def _answer(self, token: int, answer: Done | list[FlowSnapshot]) -> None:
        future = self._asked.get(token)
        if future is not None and not future.done():
            future.set_result(answer)
