"""The supervisor's end of a door: orders go out, records and answers come in, on the running event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from vigiles.cell.door import messages
from vigiles.model.errors import ProcessLost
from vigiles.model.response import FlowSnapshot
from vigiles.model.union import Recorded

_ORDER_S = 3.0
#: Messages taken in one go: a door that never falls silent must not keep the loop from the other cells.
_TURN = 64


class DoorHandle:
    """One door's control socket. Orders raise :class:`ProcessLost` when the door is gone, TimeoutError when it is silent."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._observed: Callable[[Recorded], None] = lambda record: None
        self._gone: Callable[[], None] = lambda: None
        self._token = 0
        self._asked: dict[int, asyncio.Future[list[FlowSnapshot]]] = {}
        self._pages: dict[int, list[FlowSnapshot]] = {}
        self._closed: dict[int, int] = {}
        self.serves: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def watch(self, observed: Callable[[Recorded], None], gone: Callable[[], None]) -> None:
        """Begin to listen. ``observed`` hears each record; ``gone``, once, that the door ended.

        ``serves`` is done when the door serves: with the number of flows that it can hold.
        """
        self._observed, self._gone = observed, gone
        self._control.setblocking(False)
        asyncio.get_running_loop().add_reader(self._control, self._readable)

    async def cut(self, call: int | None = None) -> int:
        """Close the flows of ``call`` (None: all) and refuse new ones; return how many were closed."""
        self._token += 1
        await self._ask(messages.Cut(token=self._token, call=call))
        return self._closed.pop(self._token, 0)

    async def uncut(self, call: int | None = None) -> None:
        """Undo a cut."""
        self._token += 1
        await self._ask(messages.Allow(token=self._token, call=call))

    async def flows(self) -> list[FlowSnapshot]:
        """Return the flows that are open now."""
        self._token += 1
        return await self._ask(messages.Flows(token=self._token))

    async def shut(self) -> None:
        """Let the door send its last records and end; nothing if it has."""
        self._token += 1
        try:
            await self._ask(messages.Shutdown(token=self._token))
        except (TimeoutError, ProcessLost):
            pass

    def close(self) -> None:
        """Stop listening; the door ends when it sees that."""
        if self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
        self._fail()

    def _fail(self) -> None:
        waiting: list[asyncio.Future[list[FlowSnapshot]] | asyncio.Future[int]] = [*self._asked.values(), self.serves]
        for future in waiting:
            if not future.done():
                future.set_exception(ProcessLost("the door is gone", "open another episode"))
                future.exception()  # nobody may be waiting any more
        self._asked.clear()

    async def _ask(self, order: messages.Cut | messages.Allow | messages.Flows | messages.Shutdown) -> list[FlowSnapshot]:
        future: asyncio.Future[list[FlowSnapshot]] = asyncio.get_running_loop().create_future()
        self._asked[order.token] = future
        try:
            self._control.send(messages.encode(order))
        except OSError as error:
            self._asked.pop(order.token, None)
            raise ProcessLost("the door is gone", "open another episode") from error
        async with asyncio.timeout(_ORDER_S):
            return await future

    def _readable(self) -> None:
        for _ in range(_TURN):
            if self._control.fileno() < 0:
                return
            try:
                data = self._control.recv(messages.MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                asyncio.get_running_loop().remove_reader(self._control)
                self._fail()
                self._gone()
                return
            self._word(messages.decode_from_door(data))

    def _word(self, word: messages.FromDoor) -> None:
        if isinstance(word, messages.Done):
            self._closed[word.token] = word.flows
            self._answer(word.token, [])
        elif isinstance(word, messages.FlowList):
            pages = self._pages.setdefault(word.token, [])
            pages.extend(word.flows)
            if word.last:
                self._answer(word.token, self._pages.pop(word.token))
        elif isinstance(word, messages.Ready):
            if not self.serves.done():
                self.serves.set_result(word.max_flows)
        else:
            self._observed(word)

    def _answer(self, token: int, flows: list[FlowSnapshot]) -> None:
        future = self._asked.pop(token, None)
        if future is not None and not future.done():
            future.set_result(flows)
