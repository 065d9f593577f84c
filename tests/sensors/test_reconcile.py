from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.sensors.reconcile import APART_US, DOUBT_US, WAIT_US, Reconcile, Thing

PLACE = ("127.0.0.1", 80)
S = 1_000_000


def thing(at_us: int, call: int = 1, what: object = PLACE) -> Thing:
    return Thing(call, what, at_us, 7)


def told(compared: Reconcile, at_us: int, call: int = 1, what: object = PLACE, read_us: int | None = None) -> None:
    compared.told(call, what, at_us, at_us if read_us is None else read_us)


def saw(compared: Reconcile, one: Thing, read_us: int | None = None) -> Thing:
    compared.saw(one, one.at_us if read_us is None else read_us)
    return one


def overdue(compared: Reconcile, now_us: int = 1 << 40) -> list[Thing]:
    return [*compared.due(now_us), *compared.due(now_us)]


def test_what_was_told_before_or_soon_after_is_no_news() -> None:
    compared = Reconcile()
    told(compared, S)
    saw(compared, thing(S + 100))
    saw(compared, thing(S + 200, call=2))
    assert compared.due(S + 300) == []
    told(compared, S + 190, call=2)
    assert overdue(compared) == []


def test_what_was_never_told_is_said_once_and_not_before_its_time() -> None:
    compared = Reconcile()
    told(compared, S, call=2)
    told(compared, S, what=("127.0.0.1", 81))
    one = saw(compared, thing(S + 100))
    assert overdue(compared, S + 100 + WAIT_US - 1) == []
    assert compared.due(S + 100 + WAIT_US) == []  # asked about twice
    assert compared.due(S + 101 + WAIT_US) == [one]
    assert overdue(compared) == []


def test_patience_is_counted_from_the_reading() -> None:
    """Who reads was held up for 13 s, and reads what the kernel saw before what the listener told."""
    compared = Reconcile()
    saw(compared, thing(S), read_us=14 * S)
    saw(compared, thing(12 * S), read_us=14 * S)
    assert compared.due(14 * S + 1) == []
    told(compared, S - 10, read_us=14 * S + 2)
    told(compared, 12 * S - 10, read_us=14 * S + 3)
    assert overdue(compared) == []


def test_the_first_of_two_is_not_forgotten_for_the_second() -> None:
    compared = Reconcile()
    told(compared, S, what="a", read_us=S)
    saw(compared, thing(S + 1, what="a"), read_us=13 * S)
    told(compared, 12 * S, what="b", read_us=13 * S)
    assert overdue(compared, 20 * S) == []


def test_at_the_end_nothing_waits() -> None:
    compared = Reconcile()
    one = saw(compared, thing(S))
    assert compared.due(S + 1, last=True) == [one]


@pytest.mark.parametrize("which", [1, None])
def test_a_listener_that_says_it_missed_something_proves_nothing_for_a_while(which: int | None) -> None:
    compared = Reconcile()
    compared.missed(which, S)
    saw(compared, thing(S + 100))
    later = saw(compared, thing(S + DOUBT_US + 1))
    assert overdue(compared) == [later]


def test_what_another_call_missed_excuses_nothing() -> None:
    compared = Reconcile()
    compared.missed(2, S)
    one = saw(compared, thing(S + 100))
    assert overdue(compared) == [one]


def test_old_news_says_nothing_of_today() -> None:
    compared = Reconcile()
    told(compared, S)
    one = saw(compared, thing(S + APART_US + 1))
    told(compared, S + 2 * APART_US + 2)
    assert overdue(compared) == [one]


def test_a_flood_that_crowds_out_what_was_told_is_no_proof() -> None:
    compared = Reconcile()
    told(compared, S)
    for number in range(70_000):
        told(compared, S + number, what=("127.0.0.2", number))
    saw(compared, thing(S + 100))
    assert overdue(compared) == []


def test_a_flood_of_what_was_never_told_is_bounded() -> None:
    compared = Reconcile()
    for number in range(70_000):
        saw(compared, thing(S, what=number))
    assert len(overdue(compared)) == 65_536
    assert compared._count == 0


def test_what_is_told_between_the_two_questions_is_no_news() -> None:
    compared = Reconcile()
    saw(compared, thing(S))
    assert compared.due(20 * S) == []
    told(compared, S, read_us=20 * S)
    assert compared.due(21 * S) == []


THINGS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 2 * S)), min_size=1, max_size=60)


@given(THINGS, st.booleans(), st.integers(0, 50 * S))
def test_a_listener_that_tells_everything_is_never_contradicted(
    things: list[tuple[int, int, int]], kernel_first: bool, held_up: int
) -> None:
    compared = Reconcile()

    def kernel() -> None:
        for call, what, at in things:
            saw(compared, thing(at + 10, call, what), read_us=at + held_up)

    def listener() -> None:
        for call, what, at in sorted(things, key=lambda one: one[2]):
            told(compared, at, call, what, read_us=at + held_up)

    for side in (kernel, listener) if kernel_first else (listener, kernel):
        side()
    assert overdue(compared) == []


@given(THINGS)
def test_a_blind_listener_is_always_contradicted(things: list[tuple[int, int, int]]) -> None:
    compared = Reconcile()
    for call, what, at in things:
        saw(compared, thing(at, call, what))
    assert len(overdue(compared)) == len(things)
