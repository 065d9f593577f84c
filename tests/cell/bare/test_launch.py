"""What the launcher tells of a cell of tier U- that could not be made."""

from __future__ import annotations

import pytest

from vigiles.cell import wire
from vigiles.cell.bare import launch
from vigiles.cell.messages import CellFailed, CellUp


def test_a_failure_is_passed_on_with_its_remedy_and_a_death_too() -> None:
    ours, theirs = wire.pair()
    with ours, theirs:
        wire.send(theirs, CellFailed(control="Landlock", error="too old", remedy="a newer kernel"))
        failed = launch._failed(7, ours)
        assert failed is not None
        assert (failed.token, failed.control, failed.remedy) == (7, "Landlock", "a newer kernel")
        wire.send(theirs, CellUp(overlay=False, landlock_abi=7))
        assert launch._failed(7, ours) is None
        theirs.close()
        died = launch._failed(7, ours)
        assert died is not None
        assert died.control == "init"


@pytest.mark.cell
def test_a_profile_that_needs_more_is_refused_not_weakened(played) -> None:
    refused = played()["refused"]
    assert refused["u None"].startswith("namespaces: ")
    assert refused["u U-"].startswith("tier U: ")
    assert refused["o None"].startswith("work directory overlay: ")
    assert played()["tier"] == "U-"
