"""Modes and times: changed where the cell may write, refused elsewhere, in a world without user namespaces."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.cell


@pytest.mark.parametrize("attack", ["open the secret's mode", "open it by a link", "touch the secret"])
def test_a_file_outside_keeps_its_mode_and_time(played, attack: str) -> None:
    code, _, error = played()["attacks"][attack]
    assert code == 1
    assert "Operation not permitted" in error


def test_the_secret_is_as_it_was(played) -> None:
    assert played()["attacks"]["secret"] == ["a secret", "0o600", True]


def test_own_files_change_by_path_and_by_descriptor(played) -> None:
    attacks = played()["attacks"]
    assert attacks["own write"][:2] == [0, "640 978307200\n"]
    assert attacks["own time"][0] == 0, attacks["own time"]
