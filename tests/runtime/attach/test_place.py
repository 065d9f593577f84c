"""A container as strikes see it, without a door: what is not there is refused by name."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import pytest

from vigiles.model.errors import ControlUnavailable
from vigiles.runtime.attach.place import AttachedPlace


class Groups:
    """What was asked of the group."""

    path = "/sys/fs/cgroup/c"

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def freeze(self, on: bool) -> None:
        self.asked.append(on)


@pytest.fixture
def groups() -> Any:
    return Groups()


def test_without_a_door_nothing_is_cut_and_nothing_flows(groups: Any) -> None:
    place = AttachedPlace(groups, None)

    async def main() -> None:
        assert await place.flows() == []
        await place.uncut()
        with pytest.raises(ControlUnavailable, match="only watched") as caught:
            await place.cut()
        assert "--watch-only" in caught.value.remedy

    asyncio.run(main())
    assert not place.was_cut


def test_stopping_is_done_by_the_group_and_other_signals_are_not_sent(groups: Any) -> None:
    place = AttachedPlace(groups, None)
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGCONT):
        place.signal(number)
    place.halt(True)
    assert groups.asked == [True, False]
    assert os.getpid() > 0
