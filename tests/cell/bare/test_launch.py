"""What a profile needs that tier U- has not stops the start, and the launcher passes on what made a cell impossible."""

from __future__ import annotations

import pytest


@pytest.mark.cell
def test_a_profile_that_needs_more_is_refused_not_weakened(played) -> None:
    refused = played()["refused"]
    assert refused["u None"].startswith("namespaces: ")
    assert refused["u U-"].startswith("tier U: ")
    assert refused["o None"].startswith("work directory overlay: ")
    assert played()["tier"] == "U-"


@pytest.mark.cell
def test_the_door_that_was_asked_for_is_made(networked) -> None:
    assert networked()["door"] is True
