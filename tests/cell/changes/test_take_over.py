"""Held changes written to a real folder after all, or left alone, whatever came there meanwhile."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigiles.cell.changes.held_files import Held, Hold
from vigiles.cell.changes.held_list import HeldList
from vigiles.cell.changes.take_over import standing, take_over


class Place:
    """A work directory, and a held folder with what a test put there."""

    def __init__(self, base: Path) -> None:
        self.workdir, self.folder = base / "work", base / "held"
        self.workdir.mkdir()
        self.folder.mkdir()
        self.outside = base / "outside"
        self.outside.mkdir()
        (self.outside / "keep").write_text("keep")

    @property
    def listed(self) -> HeldList:
        return HeldList(workdir=os.path.realpath(self.workdir), held=[])

    def held(self, path: str, content: bytes | None = None, **more: Any) -> Held:
        one: dict[str, Any] = {"path": path, "change": "created", "kind": "file", "reason": "flagged", "mode": 0o644}
        if content is not None:
            (self.folder / "0001-x").write_bytes(content)
            one |= {"kept": "0001-x", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        return Held(**{**one, **more})

    def take(self, one: Held) -> bool:
        """Take over what stands now as expected."""
        return take_over(self.folder, self.listed, one, standing(self.listed, one))

    def tree(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path in sorted(self.workdir.rglob("*")):
            info = path.lstat()
            name = str(path.relative_to(self.workdir))
            if stat.S_ISLNK(info.st_mode):
                found[name] = ("link", os.readlink(path))
            else:
                found[name] = (oct(info.st_mode & 0o7777), None if path.is_dir() else path.read_bytes())
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_file_with_its_mode_but_no_special_bits(place: Place) -> None:
    one = place.held("hook", b"#!/bin/sh\n", mode=0o6755)
    assert place.take(one) is True
    assert place.tree() == {"hook": ("0o755", b"#!/bin/sh\n")}
    assert place.take(one) is False, "it stands there already"


def test_a_file_in_the_place_of_another_and_of_a_link(place: Place) -> None:
    (place.workdir / "f").write_text("old")
    (place.workdir / "l").symlink_to(place.outside / "keep")
    assert place.take(place.held("f", b"new"))
    assert place.take(place.held("l", b"new"))
    assert place.tree() == {"f": ("0o644", b"new"), "l": ("0o644", b"new")}
    assert (place.outside / "keep").read_text() == "keep"


def test_a_link_a_folder_and_deletions(place: Place) -> None:
    (place.workdir / "gone").write_text("x")
    (place.workdir / "tree/deep").mkdir(parents=True)
    (place.workdir / "tree/deep/f").write_text("x")
    (place.workdir / "tree/out").symlink_to(place.outside)
    (place.workdir / "mode").mkdir()
    assert place.take(place.held("l", kind="symlink", target="/etc/passwd"))
    assert place.take(place.held("d", kind="directory", mode=0o750))
    assert place.take(place.held("mode", kind="directory", change="modified", mode=0o700))
    assert place.take(place.held("gone", change="deleted"))
    assert place.take(place.held("tree", kind="directory", change="deleted"))
    assert place.tree() == {"l": ("link", "/etc/passwd"), "d": ("0o750", None), "mode": ("0o700", None)}
    assert (place.outside / "keep").exists(), "a link in a removed folder is not followed"
    assert place.take(place.held("gone", change="deleted")) is False


def refused(place: Place, one: Held, expected: str | None = None) -> Hold:
    before = place.tree()
    with pytest.raises(Hold) as caught:
        take_over(place.folder, place.listed, one, standing(place.listed, one) if expected is None else expected)
    assert place.tree() == before
    return caught.value


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x", "a//b", ".", "a/./b", "nul\0"])
def test_no_path_leads_out(place: Place, path: str) -> None:
    assert refused(place, place.held(path, b"x"), "nothing").reason == "bad_path"


def test_a_folder_on_the_way_that_is_a_link_or_missing(place: Place) -> None:
    (place.workdir / "d").symlink_to(place.outside)
    for path in ("d/keep", "d/new"):
        assert refused(place, place.held(path, b"evil"), "nothing").reason == "not_a_folder"
    assert refused(place, place.held("no/new", b"x"), "nothing").reason == "not_a_folder"
    assert sorted(os.listdir(place.outside)) == ["keep"]
    assert (place.outside / "keep").read_text() == "keep"


def test_a_work_directory_that_was_swapped_for_a_link(place: Place) -> None:
    listed = place.listed
    one = place.held("keep", b"evil")
    os.rename(place.workdir, place.workdir.with_name("away"))
    place.workdir.symlink_to(place.outside)
    with pytest.raises(Hold) as caught:
        take_over(place.folder, listed, one, "nothing")
    assert "work directory is gone" in caught.value.detail
    assert (place.outside / "keep").read_text() == "keep"


def test_what_changed_meanwhile_is_left_alone(place: Place) -> None:
    (place.workdir / "f").write_text("as it was")
    one = place.held("f", b"new")
    expected = standing(place.listed, one)
    (place.workdir / "f").write_text("somebody's work")
    assert refused(place, one, expected).reason == "changed_meanwhile"
    assert refused(place, one, "nothing").reason == "changed_meanwhile"
    (place.workdir / "f").unlink()
    assert refused(place, one, expected).reason == "changed_meanwhile"


@pytest.mark.parametrize("content", [b"evil", b"", None])
def test_a_kept_copy_that_is_not_what_was_recorded(place: Place, content: bytes | None) -> None:
    one = place.held("f", b"honest")
    if content is None:
        (place.folder / "0001-x").unlink()
        (place.folder / "0001-x").symlink_to(place.outside / "keep")
        with pytest.raises(OSError, match="symbolic links"):
            place.take(one)
    else:
        (place.folder / "0001-x").write_bytes(content)
        assert refused(place, one).detail == "the kept copy is not what was recorded"
    assert os.listdir(place.workdir) == [], "nothing half-made is left"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"kind": "other"}, "special_file"),
        ({"size": 1 << 40}, "failed"),
        ({"kept": "../outside/keep", "sha256": hashlib.sha256(b"keep").hexdigest()}, "failed"),
    ],
)
def test_what_cannot_be_taken_over(place: Place, more: dict[str, Any], reason: str) -> None:
    assert refused(place, place.held("f", **more)).reason == reason


def test_folders_and_other_things_do_not_replace_each_other(place: Place) -> None:
    (place.workdir / "d").mkdir()
    (place.workdir / "f").write_text("x")
    assert refused(place, place.held("d", b"x")).reason == "changed_meanwhile"
    assert refused(place, place.held("d", kind="symlink", target="f")).reason == "changed_meanwhile"
    assert refused(place, place.held("d", change="deleted")).reason == "changed_meanwhile"
    assert refused(place, place.held("f", kind="directory")).reason == "changed_meanwhile"
    assert refused(place, place.held("f", kind="directory", change="deleted")).reason == "changed_meanwhile"


@pytest.mark.asroot
def test_what_root_writes_belongs_to_the_owner_of_the_work_directory(place: Place) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: only root writes for others")
    os.chown(place.workdir, 1234, 5678)
    for one in (place.held("f", b"x"), place.held("d", kind="directory"), place.held("l", kind="symlink", target="f")):
        place.take(one)
        info = os.lstat(place.workdir / one.path)
        assert (info.st_uid, info.st_gid) == (1234, 5678)


def test_a_name_of_any_bytes(place: Place) -> None:
    name = "bad\udcff\x1b[31m"
    one = msgspec.structs.replace(place.held("shown", b"x"), raw="YmFk/xtbMzFt")
    assert one.place == name
    assert place.take(one)
    assert os.listdir(os.fsencode(place.workdir)) == [b"bad\xff\x1b[31m"]
