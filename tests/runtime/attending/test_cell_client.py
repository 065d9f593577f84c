"""The owner's side: what it says of cells that are not there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from vigiles.ledger.mint import new_id, now
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.coordinates import Coordinates
from vigiles.model.episode import EpisodeEnded, EpisodeOpened
from vigiles.model.errors import EpisodeOver, InputInvalid, NotFound, VigilesError
from vigiles.runtime.attending.cell_client import Asked, call, close
from vigiles.runtime.serving import named_socket
from vigiles.runtime.serving.cell_server import socket_of


def _records(episode: str, *, ended: bool) -> list[EpisodeOpened | EpisodeEnded]:
    where = Coordinates(run="run-1", episode=episode)
    opened = EpisodeOpened(
        id=new_id("eop"), at=now(), coordinates=where, principal="agent", profile="p", ruleset="r", tier="U"
    )
    return [opened, *([EpisodeEnded(id=new_id("eed"), at=now(), coordinates=where, reason="response")] if ended else [])]


@pytest.mark.parametrize(
    ("cell", "error", "said"),
    [
        ("ep-ended", EpisodeOver, r"has ended \(response\)"),
        ("ep-gone", EpisodeOver, r"nobody answers|has ended \(supervisor_died\)"),
        ("ep-never", NotFound, "no cell"),
        ("../x", InputInvalid, "no cell's id"),
        ("", InputInvalid, "no cell's id"),
    ],
)
def test_who_is_not_there(home: Path, cell: str, error: type[VigilesError], said: str) -> None:
    with SyncRecorderClient(home) as client:
        client.append([*_records("ep-ended", ended=True), *_records("ep-gone", ended=False)])
    for asked in (call(home, cell, Asked(["true"])), close(home, cell)):
        with pytest.raises(error, match=said) as raised:
            asyncio.run(asked)
        assert raised.value.remedy


def test_a_name_that_a_dead_supervisor_left_is_no_cell(home: Path) -> None:
    named_socket.listen(socket_of(home, "ep-left")).close()
    with SyncRecorderClient(home) as client:
        client.append(_records("ep-left", ended=False))
    with pytest.raises(EpisodeOver, match=r"nobody answers|has ended \(supervisor_died\)"):
        asyncio.run(close(home, "ep-left"))
