"""A shell's state as it comes: hostile bytes until they have the one shape."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.runtime.shells.state import AT_EXIT, ShellState, StateBroken, StateMissing, as_data, is_code, parse


def fields(*triples: tuple[bytes, bytes, bytes]) -> bytes:
    return b"".join(b"\0".join(triple) + b"\0" for triple in triples)


BEFORE = (b"limits", b"before", b"files 10")
NEEDED = ((b"umask", b"", b"0022\n"), (b"directory", b"", b"/work dir\n"), (b"limits", b"after", b"files 10"))
END = (b"end", b"", b"")
LAST = ShellState({("variable", b"X"): b"declare -- X=old\n"}, arguments=(b"one",))


def test_a_whole_state_is_taken() -> None:
    data = fields(
        BEFORE,
        *NEEDED,
        (b"options", b"set", b"errexit:pipefail"),
        (b"variable", b"X", b'declare -- X="1"\n'),
        (b"alias", b"..", b"cd .."),
        (b"flags", b"f", b"fx"),
        (b"function", b"f", b"f () \n{ \n    :\n}\n"),
        (b"trap", b"INT", b"trap -- 'x' SIGINT\n"),
        (b"arguments", b"", b""),
        (b"directories", b"", b"/"),
        END,
    )
    before, state = parse(data, first=False, last=LAST)
    assert before is LAST
    assert state.text("variable", b"X") == b'declare -- X="1"\n'
    assert [name for name, _ in state.of("option")] == [b"errexit", b"pipefail"]
    assert (state.arguments, state.directories, state.flags) == ((b"",), (b"/",), ((b"f", b"fx"),))
    assert state.lost == ()


def test_the_first_one_tells_where_it_began() -> None:
    data = fields(BEFORE, *NEEDED, END, *NEEDED, (b"variable", b"X", b"declare -- X\n"), END)
    before, state = parse(data, first=True, last=None)
    assert (before.of("variable"), len(state.of("variable"))) == ([], 1)


@pytest.mark.parametrize(
    ("triple", "lost"),
    [
        ((b"lost", b"jobs", b"17\n"), ("jobs",)),
        ((b"lost", b"jobs", b""), ()),
        ((b"lost", b"descriptors", b"5"), ("descriptors",)),
        ((b"limits", b"after", b"files 9"), ("limits",)),
    ],
)
def test_what_was_lost_is_told(triple: tuple[bytes, bytes, bytes], lost: tuple[str, ...]) -> None:
    _, state = parse(fields(BEFORE, *NEEDED, triple, END), first=False, last=LAST)
    assert state.lost == lost


def test_locals_of_a_function_do_not_pass_for_the_shells_own() -> None:
    told = (b"lost", b"locals", b'declare -- X="in f"\ndeclare -a only\n')
    seen = ((b"variable", b"X", b'declare -- X="in f"\n'), (b"variable", b"only", b"declare -a only\n"))
    _, state = parse(fields(BEFORE, *NEEDED, told, *seen, (b"arguments", b"", b"f's"), END), first=False, last=LAST)
    assert state.of("variable") == [(b"X", b"declare -- X=old\n")]
    assert (state.arguments, state.lost) == ((b"one",), ("locals",))


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (b"", b""),
        (b"trap -- '" + AT_EXIT + b"' EXIT\n", b""),
        (b"trap -- 'echo '\\''a b'\\''\n" + AT_EXIT + b"' EXIT\n", b"echo 'a b'"),
        (b"trap -- 'rm -f x' EXIT\n", b"rm -f x"),
    ],
)
def test_our_part_of_the_trap_on_exit_is_no_state(text: bytes, own: bytes) -> None:
    _, state = parse(fields(BEFORE, *NEEDED, (b"trap", b"EXIT", text), END), first=False, last=LAST)
    assert state.text("trap", b"EXIT") == own


@pytest.mark.parametrize(
    "data", [fields(BEFORE), fields(BEFORE, (b"lost", b"directory", b"/gone")), b""], ids=["began", "astray", "nothing"]
)
def test_a_shell_that_told_nothing_is_told_from_one_that_told_nonsense(data: bytes) -> None:
    with pytest.raises(StateMissing):
        parse(data, first=False, last=LAST)


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"variable",
        fields(BEFORE, *NEEDED),
        fields(BEFORE, *NEEDED, END, END),
        fields(BEFORE, *NEEDED, END, BEFORE),
        fields(BEFORE, *NEEDED, END)[:-1],
        fields(BEFORE, *NEEDED[1:], END),
        fields(BEFORE, *NEEDED, (b"code", b"x", b"y"), END),
        fields(BEFORE, *NEEDED, (b"variable", b"x; rm", b"y"), END),
        fields(BEFORE, *NEEDED, (b"trap", b"INT; rm", b"y"), END),
        fields(BEFORE, *NEEDED, (b"trap", b"EXIT", b"rm -f x"), END),
        fields(BEFORE, *NEEDED, (b"options", b"set", b"errexit:x y"), END),
        fields(BEFORE, *NEEDED, (b"umask", b"", b"0022; rm"), END),
        fields(BEFORE, *NEEDED, (b"variable", b"X", b'declare -- X="1"; rm\n'), END),
        fields(BEFORE, *NEEDED, (b"variable", b"X", b'declare -- X="$(rm)"\n'), END),
        fields(BEFORE, *NEEDED, (b"variable", b"X", b"declare -- X=`rm`\n"), END),
        fields(BEFORE, *NEEDED, (b"variable", b"X", b'declare -a X=([0]="1" [$(rm)]="2")\n'), END),
        fields(BEFORE, *NEEDED, (b"variable", b"X", b'declare -- Y="1"\n'), END),
        fields(BEFORE, *NEEDED, (b"variable", b"X", b'declare -a X=(["a[\\$(rm)0]"]="2")\n'), END),
        fields(BEFORE, *NEEDED, (b"variable", b"X", b'declare -ai X=([a]="2")\n'), END),
        fields(BEFORE, *NEEDED, (b"trap", b"INT", b"trap -- 'x'; rm SIGINT\n"), END),
        fields(BEFORE, *NEEDED, (b"directory", b"", b"relative"), END),
        fields(BEFORE, *NEEDED, (b"lost", b"patience", b"x"), END),
    ],
)
def test_anything_else_is_refused_whole(data: bytes) -> None:
    with pytest.raises(StateBroken):
        parse(data, first=False, last=LAST)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200) | st.lists(st.sampled_from([*NEEDED, BEFORE, END]), max_size=8).map(lambda some: fields(*some))
)
def test_no_bytes_do_harm(data: bytes) -> None:
    try:
        _, state = parse(data, first=False, last=LAST)
    except StateBroken:
        return
    assert state.text("umask")
    assert state.text("directory").startswith(b"/")


@pytest.mark.parametrize(
    ("text", "code", "data"),
    [
        (b'declare -- X="1"\n', False, None),
        (b'declare -i X="-7"\n', False, b'declare -- X="-7"\nbuiltin declare -i X\n'),
        (b'declare -irx X="a[\\$(rm)]"\n', True, b'declare -x X="a[\\$(rm)]"\nbuiltin declare -ir X\n'),
        (b'declare -ai X=([0]="1" [3]="2")\n', False, b'declare -a X=([0]="1" [3]="2")\nbuiltin declare -i X\n'),
        (b'declare -Ai X=([k]="a" )\n', True, b'declare -A X=([k]="a" )\nbuiltin declare -i X\n'),
        (b"declare -i X\n", False, None),
        (b'declare -n X="Y"\n', False, None),
        (b'declare -n X="Y[1]"\n', True, None),
    ],
)
def test_what_bash_would_evaluate_is_set_as_data(text: bytes, code: bool, data: bytes | None) -> None:
    assert is_code(text) == code
    assert as_data(text) == (text if data is None else data)


@pytest.mark.parametrize("rest", [b'"\n', b"", b'"; rm\n', b"$x\n"])
def test_a_large_value_is_judged_at_once(rest: bytes) -> None:
    text = b'declare -- X="' + b"a\\$" * 600_000 + rest
    began = time.monotonic()
    try:
        parse(fields(BEFORE, *NEEDED, (b"variable", b"X", text), END), first=False, last=LAST)
        taken = True
    except StateBroken:
        taken = False
    assert taken == (rest == b'"\n')
    assert time.monotonic() - began < 5
