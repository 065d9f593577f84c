"""File tools do to a file what they are published to do."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from vigiles.runtime.trajectory.editor import process_of


def _do(folder: Path, name: str, **arguments: Any) -> subprocess.CompletedProcess[bytes]:
    edit = process_of(name, arguments)
    assert edit is not None
    return subprocess.run(edit.argv, input=edit.stdin, cwd=folder, capture_output=True, timeout=20, check=False)


def test_the_four_words_of_the_editor(tmp_path: Path) -> None:
    name = "str_replace_based_edit_tool"
    path = tmp_path / "new" / "-odd name"
    assert _do(tmp_path, name, command="create", path=str(path), file_text="one\ntwo\n").returncode == 0
    assert _do(tmp_path, name, command="str_replace", path=str(path), old_str="two", new_str="2").returncode == 0
    assert _do(tmp_path, name, command="insert", path=str(path), insert_line=0, insert_text="zero").returncode == 0
    assert path.read_text() == "zero\none\n2\n"
    assert _do(tmp_path, name, command="view", path=str(path)).stdout == b"zero\none\n2\n"
    assert _do(tmp_path, name, command="view", path=str(path), view_range=[2, -1]).stdout == b"one\n2\n"
    assert _do(tmp_path, name, command="view", path=str(path.parent)).stdout == b"-odd name\n"


def test_a_replacement_must_be_meant(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a a")
    for old in ("a", "b", ""):
        done = _do(tmp_path, "str_replace_editor", command="str_replace", path="f", old_str=old, new_str="c")
        assert (done.returncode, b"times" in done.stderr) == (1, True)
    assert (tmp_path / "f").read_text() == "a a"
    assert _do(tmp_path, "edit", file_path="f", old_string="a", new_string="c", replace_all=True).returncode == 0
    assert (tmp_path / "f").read_text() == "c c"
    assert _do(tmp_path, "str_replace_editor", command="insert", path="f", insert_line=9, insert_text="x").returncode == 1


def test_reading_and_writing_by_other_names(tmp_path: Path) -> None:
    assert _do(tmp_path, "write_file", path="f", content="x").returncode == 0
    assert _do(tmp_path, "read", file_path="f").stdout == b"x"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("bash", {"path": "f"}),
        ("write_file", {"path": "f"}),
        ("write_file", {"content": "x"}),
        ("text_editor", {"command": "undo_edit", "path": "f"}),
        ("text_editor", {"command": "insert", "path": "f", "insert_line": "0", "insert_text": "x"}),
        ("text_editor", {"command": "str_replace", "path": "f"}),
    ],
)
def test_what_is_not_plain_is_not_done(name: str, arguments: dict[str, Any]) -> None:
    assert process_of(name, arguments) is None
