"""Rows at every width: nothing that a person copies is cut or dropped, and nothing is wider than it need be."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios

import pytest
from rich.cells import cell_len

from vigiles.cli.columns import Row, blocks

HEAD = Row(("index", "time", "type", "id", "where"), "what")
ROWS = [
    Row(("7", "2026-01-01 00:00:00", "flow", "obs-0123456789abcdef", "run-1/ep-1/1/5"), "to a host " + "x" * 70),
    Row(("12", "2026-01-01 00:00:01", "process_start", "obs-fedcba9876543210", "-"), "[bold]\u4f60\u597d " * 12),
]


def lines_of(width: int | None) -> list[list[str]]:
    return list(blocks([HEAD, *ROWS], width, kept=4, right={0}))


def test_without_a_width_each_row_is_one_line_and_no_wider_than_it_is() -> None:
    head, *rows = lines_of(None)
    assert [len(lines) for lines in (head, *rows)] == [1, 1, 1]
    assert rows[0][0].startswith(
        "    7  2026-01-01 00:00:00  flow           obs-0123456789abcdef  run-1/ep-1/1/5  to a host "
    )
    assert rows[0][0].endswith("x" * 70)
    assert rows[1][0].endswith(ROWS[1].text.rstrip())


@pytest.mark.parametrize("width", [20, 30, 40, 60, 79, 80, 100, 118, 119, 140, 400])
def test_at_any_width_nothing_is_cut_or_too_wide(width: int) -> None:
    for row, lines in zip(ROWS, lines_of(width)[1:], strict=True):
        assert max(map(cell_len, lines)) <= width
        assert all(any(cell in line for line in lines) for cell in row.cells if cell != "-")
        joined = "".join(lines).replace(" ", "")
        assert joined.endswith(row.text.replace(" ", "")), "all of the text is there"


def test_at_80_columns_what_identifies_stands_on_the_first_line_and_the_text_below() -> None:
    head, first, _ = lines_of(80)
    assert head == ["index  time                 type           id", "    where  what"]
    assert first[0] == "    7  2026-01-01 00:00:00  flow           obs-0123456789abcdef"
    assert first[1].startswith("    run-1/ep-1/1/5  to a host")


def test_one_width_is_one_shape() -> None:
    assert [len(lines) for lines in blocks([Row(("a",), "short"), Row(("b",), "y" * 50)], 43)] == [1, 2]
    assert [len(lines) for lines in blocks([Row(("a",), "short"), Row(("b",), "")], 42)] == [2, 1]


LOOK = "from vigiles.cli.columns import width; print(width())"


def test_the_width_is_the_terminals_or_what_is_asked_for() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    look = [sys.executable, "-P", "-c", LOOK]
    assert subprocess.check_output(look, env=environment) == b"None\n"
    assert subprocess.check_output(look, env={**environment, "COLUMNS": "61"}) == b"61\n"
    master, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 57, 0, 0))
    subprocess.run(look, env=environment, stdout=terminal, stdin=subprocess.DEVNULL, check=True)
    assert os.read(master, 100).strip() == b"57"
    os.close(master)
    os.close(terminal)
