"""Which folder may be a cell's root, and what is different then."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from vigiles.cell.spec import CellSpec
from vigiles.model.errors import InputInvalid
from vigiles.ruleset.load import load_profile
from vigiles.ruleset.profile import Files, Profile
from vigiles.runtime.outfitting import outfit
from vigiles.runtime.outfitting.own_root import on_own_root

Folder = Callable[[str], Path]


def planned(workdir: Path, rootfs: Path | None, *, root_inside: bool = False, profile: Profile | None = None) -> CellSpec:
    chosen = profile or load_profile("no-network").profile
    return outfit.cell_spec(chosen, "r", "e", workdir, extra_read=["/x"], shim=True, rootfs=rootfs, root_inside=root_inside)


def test_without_one_nothing_changes(short_folder: Folder) -> None:
    spec = planned(short_folder("w"), None)
    assert on_own_root(spec, None, root_inside=False) is spec
    assert (spec.rootfs, spec.root_inside, spec.shim) == ("", False, True)


@pytest.mark.parametrize(("inside", "home"), [(False, "/home/agent"), (True, "/root")])
def test_nothing_of_ours_is_shown_there(short_folder: Folder, inside: bool, home: str) -> None:
    root = short_folder("r")
    link = short_folder("l") / "link"
    link.symlink_to(root)
    spec = planned(short_folder("w"), link, root_inside=inside)
    assert (spec.rootfs, spec.root_inside, spec.home) == (os.path.realpath(root), inside, home)
    assert (spec.read, spec.bound, spec.shim) == ([*load_profile("no-network").profile.files.read, "/x"], [], False)


@pytest.mark.parametrize(
    "path", ["/", "/usr", "/home", "/proc", "/proc/self", "/dev", "/sys/kernel", "/no/such", "/etc/passwd", "~"]
)
def test_parts_of_the_host_are_refused(short_folder: Folder, path: str) -> None:
    with pytest.raises(InputInvalid) as error:
        planned(short_folder("w"), Path(path).expanduser())
    assert error.value.remedy


@pytest.mark.parametrize("where", ["same", "above", "below", "write"])
def test_it_lies_beside_the_work(short_folder: Folder, where: str) -> None:
    top = short_folder("t")
    (top / "a" / "b" / "c").mkdir(parents=True)
    (top / "abc").mkdir()
    work = top / "a" / "b"
    profile = Profile(name="x", files=Files(write=[str(top / "abc")]))
    rootfs = {"same": work, "above": top / "a", "below": work / "c", "write": top / "abc"}[where]
    with pytest.raises(InputInvalid, match="lie in each other"):
        planned(work, rootfs, profile=profile)
    (top / "ab").mkdir()
    assert planned(work, top / "ab", profile=profile).rootfs


def test_root_inside_needs_one(short_folder: Folder) -> None:
    with pytest.raises(InputInvalid, match="needs a root file system"):
        planned(short_folder("w"), None, root_inside=True)


@pytest.mark.parametrize("where", ["inside", "above"])
def test_the_ledgers_home_is_never_shown_by_it(short_folder: Folder, where: str) -> None:
    top = short_folder("h")
    (top / "home" / "root").mkdir(parents=True)
    spec = planned(short_folder("w"), top / "home" / "root" if where == "inside" else top)
    with pytest.raises(InputInvalid, match="key live"):
        outfit.keep_home_out(top / "home", spec)


def test_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/opt/mine")
    profile = load_profile("no-network").profile
    assert outfit.environment(profile)["PATH"] == "/opt/mine"
    spec = msgspec.structs.replace(outfit.prepared_spec(profile, [], shim=False), rootfs="/somewhere")
    agent = outfit.environment(profile, spec=spec)
    root = outfit.environment(profile, {"USER": "other"}, msgspec.structs.replace(spec, root_inside=True))
    assert (agent["PATH"], agent["HOME"]) == ("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "/home/agent")
    assert (root["HOME"], root["LOGNAME"], root["USER"]) == ("/root", "root", "other")
