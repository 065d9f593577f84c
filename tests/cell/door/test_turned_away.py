"""A connection that the full door turns away leaves nothing behind that the next one from its port could inherit."""

from __future__ import annotations

import asyncio

import pytest

from vigiles.cell.door.callers import Callers, Source
from vigiles.cell.door.messages import Registration, WhoIs

VICTIM, THIEF, PORT = 1, 2, 40_404


def registration(call: int) -> Registration:
    return Registration(
        transport="tcp", family="inet", source_address="127.0.0.1", source_port=PORT, door_port=3128, call=call, pid=9
    )


def source(address: str = "127.0.0.1") -> Source:
    return Source(address, PORT, 3128, lambda: True)


@pytest.mark.parametrize("heard_first", [True, False])
def test_the_next_connection_from_the_port_is_not_taken_for_the_one_turned_away(heard_first: bool) -> None:
    asked: list[WhoIs] = []
    callers = Callers(asked.append, 0.1)

    async def play() -> int | None:
        if heard_first:
            callers.heard(registration(VICTIM))
            callers.turned_away(source())
        else:
            callers.turned_away(source("::ffff:127.0.0.1"))
            callers.heard(registration(VICTIM))
        taken = asyncio.ensure_future(callers.tcp(source()))  # accepted before its own registration is heard
        await asyncio.sleep(0.01)
        callers.heard(registration(THIEF))
        return (await taken).call

    assert asyncio.run(play()) == THIEF
