"""Which call set what."""

from __future__ import annotations

from vigiles.runtime.shells.history import Change, History
from vigiles.runtime.shells.state import Entry, ShellState


def state(**things: bytes) -> ShellState:
    entries: dict[tuple[Entry, bytes], bytes] = {}
    for word, text in things.items():
        kind, _, name = word.partition("_")
        entries[({"v": "variable", "f": "function", "a": "alias", "t": "trap"}[kind], name.encode())] = text  # type: ignore[index]  # the four kinds
    return ShellState(entries)


def test_the_last_call_that_changed_a_thing_set_it() -> None:
    history, born = History(), state(v_PATH=b"p", v_X=b"1")
    one = state(v_PATH=b"p", v_X=b"2", f_cd=b"evil")
    two = state(v_PATH=b"p", v_X=b"2", f_cd=b"evil", a_ls=b"x")
    three = state(v_X=b"2", f_cd=b"other", a_ls=b"x")
    assert history.taken(4, born, one) == Change((("variable", b"X"), ("function", b"cd")), ())
    assert (history.call_of("cd"), history.call_of("X"), history.call_of("PATH")) == (4, 4, 0)
    history.taken(6, one, two)
    assert (history.call_of("cd"), history.call_of("ls")) == (4, 6)
    assert history.taken(7, two, three) == Change((("function", b"cd"),), (("variable", b"PATH"),))
    assert (history.call_of("cd"), history.call_of("PATH"), history.call_of("nothing")) == (7, None, None)
    assert [(one.name, one.call) for one in history.planted()] == [("X", 4), ("ls", 6), ("cd", 7)]


def test_a_name_may_stand_for_several_things() -> None:
    history = History()
    history.taken(1, state(), state(v_x=b"1"))
    history.taken(2, state(v_x=b"1"), state(v_x=b"1", f_x=b"2"))
    assert (history.call_of("x"), history.call_of("x", "variable"), history.call_of("x", "alias")) == (2, 1, None)


def test_in_force_is_what_acts_without_being_asked_by_name() -> None:
    history = History()
    history.taken(1, state(v_PATH=b"p"), state(v_PATH=b"p", v_X=b"1", v_BASH_ENV=b"f", f_f=b"1", a_a=b"1", t_DEBUG=b"1"))
    assert {one.name for one in history.in_force()} == {"BASH_ENV", "f", "a", "DEBUG"}


def test_a_variable_that_is_run_when_it_is_read_is_in_force() -> None:
    history = History()
    plain = state(v_N=b'declare -n N="X"\n', v_I=b'declare -i I="5"\n', v_X=b'declare -- X="a[\\$(touch x)]"\n')
    run = state(v_M=b'declare -n M="a[\\$(touch x)]"\n', v_J=b'declare -i J="a[\\$(touch x)]"\n', v_GIT_CONFIG_KEY_0=b"x")
    history.taken(1, state(), ShellState({**plain.entries, **run.entries}))
    assert {one.name for one in history.in_force()} == {"M", "J", "GIT_CONFIG_KEY_0"}


def test_a_long_or_odd_name_fits_a_record() -> None:
    history = History()
    history.taken(1, state(), ShellState({("alias", b"\xff" + b"n" * 500): b"x"}))
    name = history.planted()[0].name
    assert len(name) == 128
    assert name.startswith("\\xff")
