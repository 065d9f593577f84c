"""Chance from the seed: the same names give the same draws."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from vigiles.world.scenarios.draws import Draws


def test_the_stream_is_splitmix64() -> None:
    """The first numbers of the reference implementation from the state 1234567."""
    draws = Draws("any")
    draws._state = 1234567
    assert [draws.number(2**64) for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_stream_is_what_it_was() -> None:
    draws = Draws("family", 7)
    assert [draws.number(100) for _ in range(5)] == [27, 53, 7, 93, 3]


def test_other_names_give_another_stream() -> None:
    streams = {tuple(Draws(*names).number(1000) for _ in range(3)) for names in (("a", 1), ("a", 2), ("b", 1), ("a1",))}
    assert len(streams) == 4


@given(st.lists(st.integers(), unique=True, max_size=30), st.integers(0, 40), st.integers())
def test_some_are_different_ones(things: list[int], count: int, seed: int) -> None:
    some = Draws(seed).some(things, count)
    assert len(some) == len(set(some)) == min(count, len(things))
    assert set(some) <= set(things)


def test_every_one_comes_about_as_often() -> None:
    draws = Draws("fair")
    counts = Counter(draws.one("abcd") for _ in range(4000))
    assert all(850 < count < 1150 for count in counts.values()), counts
