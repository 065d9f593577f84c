from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ruleset.positions import error_line, key_lines, line_of, parts

TEXT = """# a comment = 1
name = "x"

[egress]   # why
hosts = [
  "a:1",
]
[egress.pins]
"a.example:443" = "1.2.3.4"
'b' = "1"
[ responses . detectors . "x y" ]
low = []
a.b = 1
[[egress.requests]]
host = "a:1"
[[ egress . requests ]]  # the second
host = "a:2"
"""


def test_lines_of_keys_and_tables() -> None:
    assert key_lines(TEXT) == {
        ("name",): 2,
        ("egress",): 4,
        ("egress", "hosts"): 5,
        ("egress", "pins"): 8,
        ("egress", "pins", "a.example:443"): 9,
        ("egress", "pins", "b"): 10,
        ("responses", "detectors", "x y"): 11,
        ("responses", "detectors", "x y", "low"): 12,
        ("responses", "detectors", "x y", "a", "b"): 13,
        ("egress", "requests[0]"): 14,
        ("egress", "requests[0]", "host"): 15,
        ("egress", "requests[1]"): 16,
        ("egress", "requests[1]", "host"): 17,
    }


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("egress", "hosts"), 5),
        (("egress", "hosts", "0"), 5),
        (("egress", "hosts[3]", "x"), 5),
        (("egress", "requests[1]", "paths"), 16),
        (("egress", "requests[2]", "paths"), 4),
        (("egress", "other"), 4),
        (("nothing",), 0),
        ((), 0),
    ],
)
def test_the_nearest_parent(path: tuple[str, ...], line: int) -> None:
    assert line_of(key_lines(TEXT), path) == line


def test_lines_of_syntax_errors() -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads("a = 1\nb = = 2\n")
    assert error_line(str(caught.value)) == 2
    assert error_line("nothing here") == 0


@given(st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), min_size=1, max_size=4))
def test_parts_of_a_dotted_key(names: list[str]) -> None:
    assert parts(".".join(names)) == tuple(names)
    assert parts(" . ".join(f'"{name}.x"' for name in names)) == tuple(f"{name}.x" for name in names)


@given(st.text(max_size=200))
def test_any_text_has_lines_within_it(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())
