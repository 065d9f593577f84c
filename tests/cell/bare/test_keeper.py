"""A call's keeper: nothing gets away from it, and signals reach what they should."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.cell


@pytest.mark.parametrize("attack", ["kill", "kill the supervisor", "kill init", "environ", "memory", "cwd", "renice"])
def test_processes_of_the_same_user_are_out_of_reach(played, attack: str) -> None:
    code, _, error = played()["attacks"][attack]
    assert code != 0
    assert "denied" in error or "not permitted" in error


def test_a_signal_to_everybody_reaches_nobody_outside(played) -> None:
    assert played()["attacks"]["host lives"] is True
    assert played()["host lives"] is True


def test_a_call_signals_its_own(played) -> None:
    assert played()["attacks"]["own kill"][:2] == [0, "137\n"]


def test_a_daemon_outlives_its_call_keeps_its_identity_freezes_and_dies_with_the_episode(played) -> None:
    result = played()
    assert result["daemon lives after its call"] is True
    assert result["daemon's call"] == result["daemon call number"]
    assert result["frozen"] == "T"
    assert result["left"][0] is False


def test_an_overdue_call_is_ended(played) -> None:
    assert played()["honest"]["overdue"][0] is None


def test_a_fork_bomb_is_bounded_and_dies_with_the_episode(played) -> None:
    # The limit is what the user ran at the start of the call and a hundred more; others of the user come and go.
    if played()["bomb"] is None:
        pytest.skip("started by root, whose processes the kernel does not count")
    assert 20 <= played()["bomb"] <= 600
    assert played()["left"] == [False, False, False, False]
