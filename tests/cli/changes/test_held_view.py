from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.changes.held_files import Held
from vigiles.cell.changes.held_list import HeldList
from vigiles.cli.changes.held_view import matches, plain, select, title, view, why


def held(path: str = "f", **more: Any) -> Held:
    return Held(**{"path": path, "change": "created", "kind": "file", "reason": "flagged", "mode": 0o644, **more})


@pytest.fixture
def listed(tmp_path: Path) -> HeldList:
    (tmp_path / "work").mkdir()
    (tmp_path / "held").mkdir()
    return HeldList(workdir=os.path.realpath(tmp_path / "work"), held=[])


def kept(tmp_path: Path, content: bytes, **more: Any) -> Held:
    (tmp_path / "held/0001-f").write_bytes(content)
    return held(kept="0001-f", sha256=hashlib.sha256(content).hexdigest(), size=len(content), **more)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"flags": ["git_hook"], "detail": "git_hook"}, "git runs it"),
        ({"flags": ["git_hook", "build"], "detail": "git_hook"}, "git runs it, builds run it"),
        ({"flags": ["git_hook"], "detail": "its place changed"}, "git runs it: its place changed"),
        ({"reason": "failed", "detail": "Read-only file system"}, "it could not be written: Read-only file system"),
        ({"reason": "special_file"}, "a FIFO, socket or device"),
        ({"reason": "not_a_folder", "detail": "\x1b[2J"}, "its folder is missing, or a link: \\x1b[2J"),
    ],
)
def test_why(more: dict[str, Any], said: str) -> None:
    assert why(held(**more)) == said


def test_titles() -> None:
    hook = held(".git/hooks/x", mode=0o755, size=1536, kept="0001-x", flags=["git_hook"])
    assert title(hook) == ".git/hooks/x: created file, 1.5 KiB, mode 755, executable (git runs it)"
    assert "content not kept" in title(held(size=1 << 40))
    assert title(held("a\x1b\u202eb", kind="symlink", change="deleted")).startswith("a\\x1b\\u202eb: deleted link")


def test_a_difference_against_what_stands_there(tmp_path: Path, listed: HeldList) -> None:
    one = kept(tmp_path, b"one\ntwo\n")
    fresh = view(tmp_path / "held", listed, one)
    assert fresh.lines == ["--- f (work directory: nothing there)", "+++ f (held)", "@@ -0,0 +1,2 @@", "+one", "+two"]
    assert fresh.present == "nothing"
    (tmp_path / "work/f").write_text("one\n")
    (tmp_path / "work/f").chmod(0o600)
    changed = view(tmp_path / "held", listed, one)
    assert changed.lines[2:] == ["mode 600 -> 644", "@@ -1 +1,2 @@", " one", "+two"]
    assert changed.present == f"file:{hashlib.sha256(b'one' + bytes([10])).hexdigest()}"
    assert plain(tmp_path / "held", listed, one)["diff"] == changed.lines


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", "an empty file"), (b"\0" * 40, "binary, 40 bytes"), (b"\x1b]0;t\x07\n", "+\\x1b]0;t\\x07")],
)
def test_contents_that_are_no_plain_text(tmp_path: Path, listed: HeldList, content: bytes, line: str) -> None:
    assert line in view(tmp_path / "held", listed, kept(tmp_path, content)).lines


def test_a_large_file_is_cut_unless_asked_for_whole(tmp_path: Path, listed: HeldList) -> None:
    one = kept(tmp_path, b"line\n" * 2_000_000)
    lines = view(tmp_path / "held", listed, one).lines
    assert len(lines) < 210
    assert lines[-1].startswith("… (+1999")
    assert len(view(tmp_path / "held", listed, one, whole=True).lines) == 2_000_003


def test_links_folders_deletions_and_what_was_not_kept(tmp_path: Path, listed: HeldList) -> None:
    folder = tmp_path / "held"
    (tmp_path / "work/l").symlink_to("old\x1b")
    link = view(folder, listed, held("l", kind="symlink", target="/etc/passwd")).lines
    assert link[2:] == ["-link to old\\x1b", "+link to /etc/passwd"]
    (tmp_path / "work/d").mkdir()
    assert "a folder of 0 entries" in view(folder, listed, held("d", kind="directory", change="deleted")).lines[0]
    assert view(folder, listed, held("no", change="deleted")).lines == ["no is gone already"]
    assert view(folder, listed, held("d", kind="directory", mode=0o750)).lines[-1] == "+a folder, mode 750"
    assert "never applied" in view(folder, listed, held(kind="other")).lines[-1]
    assert "was not kept" in view(folder, listed, held(size=9)).lines[-1]
    os.unlink(tmp_path / "work/l")
    (tmp_path / "work/l").symlink_to("/etc")
    assert "out of reach" in view(folder, listed, held("l/x")).lines[0]


def test_paths_name_files_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = os.path.realpath(tmp_path / "work")
    os.makedirs(f"{work}/sub")
    monkeypatch.chdir(tmp_path)
    for asked in ("a/b", "./a/b", "a", "a/", f"{work}/a/b", "work/a", "work", "."[:0] or work):
        assert matches(asked, "a/b", "a/b", work), asked
    for asked in ("b", "a/bc", "/a/b", "sub/a/b", "..", f"{work}/b"):
        assert not matches(asked, "a/b", "a/b", work), asked
    monkeypatch.chdir(f"{work}/sub")
    assert matches("x", "sub/x", "sub/x", work)
    assert not matches("x", "x", "x", work), "in the work directory a path is meant from where one is"
    assert matches("../x", "x", "x", work)
    assert matches("bad\\xff", "sub/bad\\xff", "sub/bad\udcff", work)


def test_select_takes_all_without_paths(tmp_path: Path) -> None:
    some = [held("a"), held("b/c")]
    assert select(some, [], str(tmp_path)) == some
    assert select(some, ["b"], str(tmp_path)) == some[1:]


def test_a_path_copied_from_the_screen_is_found_if_it_is_the_only_one(tmp_path: Path) -> None:
    odd, plain_ = held("a\nb"), held("other")
    assert select([odd, plain_], ["a\\nb"], str(tmp_path)) == [odd]
    twin = held("a\\nb")
    assert select([odd, twin], ["a\\nb"], str(tmp_path)) == [twin], "what it is comes before how it looks"
    assert select([held("a\u202eb"), held("a\\u202eb/x")], ["a\\u202eb"], str(tmp_path)) == [held("a\\u202eb/x")]
    assert select([held("x\n\\n"), held("x\\n\n")], ["x\\n\\n"], str(tmp_path)) == [], "two look the same: neither is meant"
