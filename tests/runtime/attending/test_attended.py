"""An attended episode is found while it lives, tells its news and leaves no socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vigiles.model.preflight import Exposure
from vigiles.runtime.attending.attended import Told, attended
from vigiles.runtime.episode import Episode
from vigiles.runtime.serving import control
from vigiles.runtime.serving.cell_server import socket_of

pytestmark = pytest.mark.cell


def test_from_its_beginning_to_its_end(inside: Callable[..., Any]) -> None:
    heard: list[list[Exposure]] = []

    async def body(episode: Episode) -> None:
        home, where = episode.services.home, episode.coordinates
        told = Told(lambda _: None, lambda _run, _response: None, lambda exposures: heard.append(list(exposures)))
        async with attended(episode, told) as face:
            assert where.episode in [one.episode for one in control.live(home)]
            assert socket_of(home, where.episode).exists()
            await face.end()
            report = face.report(3, 1)
        assert (report.code, report.calls, report.ended, report.coordinates) == (3, 1, None, where)
        assert not socket_of(home, where.episode).exists()

    inside(body)
    assert len(heard) == 1
