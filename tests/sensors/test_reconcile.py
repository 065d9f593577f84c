from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vigiles.sensors.reconcile import KEEP_US, WAIT_US, Reconcile, Thing

PLACE = ("127.0.0.1", 80)


def thing(at_us: int, call: int = 1, what: object = PLACE) -> Thing:
    return Thing(call, what, at_us, 7)


def overdue(compared: Reconcile) -> list[Thing]:
    return [*compared.due(1 << 40), *compared.due(1 << 40)]


def test_what_was_told_before_or_soon_after_is_no_news() -> None:
    compared = Reconcile()
    compared.told(1, PLACE, 1_000_000)
    compared.saw(thing(1_000_100))
    compared.saw(thing(1_000_200, call=2))
    assert compared.due(1_000_200 + WAIT_US - 1_000) == []
    compared.told(2, PLACE, 1_020_000)
    assert overdue(compared) == []


def test_what_was_never_told_is_said_once_and_not_before_its_time() -> None:
    compared = Reconcile()
    compared.told(2, PLACE, 1_000_000)
    compared.told(1, ("127.0.0.1", 81), 1_000_000)
    compared.saw(thing(1_000_100))
    assert compared.due(1_000_100 + WAIT_US - 1) == []
    assert compared.due(1_000_100 + WAIT_US) == []  # asked about twice
    assert compared.due(1_000_101 + WAIT_US) == [thing(1_000_100)]
    assert compared.due(9_000_000) == []


def test_at_the_end_nothing_waits() -> None:
    compared = Reconcile()
    compared.saw(thing(1_000_000))
    assert compared.due(1_000_001, last=True) == [thing(1_000_000)]


def test_a_listener_that_says_it_missed_something_proves_nothing() -> None:
    for which in (1, None):
        compared = Reconcile()
        compared.missed(which, 1_000_000)
        compared.saw(thing(1_000_100))
        compared.saw(thing(1_000_000 + KEEP_US + 1))
        assert overdue(compared) == [thing(1_000_000 + KEEP_US + 1)]
    compared = Reconcile()
    compared.missed(2, 1_000_000)
    compared.saw(thing(1_000_100))
    assert overdue(compared) == [thing(1_000_100)]


def test_old_news_says_nothing_of_today() -> None:
    compared = Reconcile()
    compared.told(1, PLACE, 1_000_000)
    compared.saw(thing(1_000_000 + KEEP_US + 1))
    assert overdue(compared) == [thing(1_000_000 + KEEP_US + 1)]


def test_a_flood_that_crowds_out_what_was_told_is_no_proof() -> None:
    compared = Reconcile()
    compared.told(1, PLACE, 1_000_000)
    for number in range(70_000):
        compared.told(1, ("127.0.0.2", number), 1_000_000 + number)
    compared.saw(thing(1_000_100))
    assert overdue(compared) == []


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 2_000_000)), max_size=60))
def test_a_listener_that_tells_everything_is_never_contradicted(things: list[tuple[int, int, int]]) -> None:
    compared = Reconcile()
    for call, what, at in sorted(things, key=lambda one: one[2]):
        compared.told(call, what, at)
    for call, what, at in things:
        compared.saw(thing(at + 10, call, what))
    assert overdue(compared) == []


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 2_000_000)), min_size=1, max_size=60))
def test_a_blind_listener_is_always_contradicted(things: list[tuple[int, int, int]]) -> None:
    compared = Reconcile()
    for call, what, at in things:
        compared.saw(thing(at, call, what))
    assert len(overdue(compared)) == len(things)


def test_what_is_told_between_the_two_questions_is_no_news() -> None:
    compared = Reconcile()
    compared.saw(thing(1_000_000))
    assert compared.due(20_000_000) == []
    compared.told(1, PLACE, 1_000_000)
    assert compared.due(20_250_000) == []
