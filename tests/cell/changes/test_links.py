from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vigiles.cell.changes import links

WORKDIR = "/home/me/project"

#: (path of the link, its target): fine for everybody.
INSIDE = [
    ("l", "file"),
    ("l", "./d//file"),
    ("d/l", "../file"),
    ("a/b/l", "../../c/d"),
    ("l", WORKDIR + "/file"),
    ("l", WORKDIR),
    ("l", "not there"),
]
#: Held for everybody.
OUTSIDE = [
    ("l", ""),
    ("l", ".."),
    ("d/l", "../../x"),
    ("l", "d/../../x"),
    ("l", "d/../x"),
    ("l", WORKDIR + "/../other"),
    ("l", WORKDIR + "/d/../x"),  # d may be a link
    ("l", "/usr/bin/../lib/x"),
    ("l", WORKDIR + "-other/x"),
    ("l", "/"),
    ("l", "/home/me/.bashrc"),
    ("l", "/home/me"),
    ("l", "/root/.ssh/authorized_keys"),
    ("l", "/tmp/x"),
    ("l", "/etc/passwd"),
    ("l", "/proc/self/exe"),
    ("l", "/proc/self/fd/1"),
    ("l", "/dev/shm/x"),
    ("l", "/var/tmp/x"),
    ("l", "/run/x"),
    ("l", "/usr"),
    ("l", "/opt/"),
    ("l", "/usr/../home/me/.bashrc"),
    ("l", "/usr/./../etc/passwd"),
    ("l", "/usr/bin/../../tmp/x"),
    ("l", "//usr/bin/env"),
    ("l", "/usrlocal/bin/x"),
    ("l", "/optional/x"),
    ("l", "../../../usr/bin/env"),
]
#: Links into system trees, as a virtual environment or a JavaScript project has them.
SYSTEM = [
    "/usr/bin/env",
    "/usr/bin/",
    "/bin/sh",
    "/lib/no-such-library.so",
    "/lib64/no-such.so",
    "/opt/no-such-tool/bin/tool",
]


@pytest.fixture
def writable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Paths that this user may write: the tests run as any user, so what the kernel would answer is set here."""
    given: set[str] = set()
    monkeypatch.setattr(os, "access", lambda path, mode, **_: mode == os.W_OK and path in given)
    return given


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize(("path", "target"), INSIDE)
def test_what_stays_inside_is_fine(path: str, target: str, root: bool) -> None:
    assert not links.leads_outside(path, target, WORKDIR, root=root)


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize(("path", "target"), OUTSIDE)
def test_what_leads_outside_is_held(writable: set[str], path: str, target: str, root: bool) -> None:
    assert links.leads_outside(path, target, WORKDIR, root=root)


@pytest.mark.parametrize("target", SYSTEM)
def test_system_trees_are_fine_for_an_ordinary_user_only(writable: set[str], target: str) -> None:
    assert not links.leads_outside("venv/bin/python", target, WORKDIR, root=False)
    assert links.leads_outside("venv/bin/python", target, WORKDIR, root=True)


@pytest.mark.parametrize("mine", ["/opt/mine/bin/tool", "/opt/mine/bin", "/opt/mine", "/opt"])
def test_not_where_this_user_may_write(writable: set[str], mine: str) -> None:
    writable.add(mine)
    assert links.leads_outside("l", "/opt/mine/bin/tool", WORKDIR, root=False)


def test_not_where_a_link_of_the_system_leads_on(
    writable: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for /usr, since no test may write there."""
    tree = tmp_path / "usr"
    (tree / "bin").mkdir(parents=True)
    os.symlink("/var/tmp", tree / "tmp")
    os.symlink("bin", tree / "sbin")
    monkeypatch.setattr(links, "SYSTEM_TREES", (os.path.realpath(tree),))
    base = os.path.realpath(tree)
    assert not links.leads_outside("l", f"{base}/sbin/tool", WORKDIR, root=False)
    assert links.leads_outside("l", f"{base}/tmp", WORKDIR, root=False)
    assert links.leads_outside("l", f"{base}/tmp/x", WORKDIR, root=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere, so this asks the kernel as an ordinary user")
def test_a_real_interpreter_and_a_real_folder_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not links.leads_outside("venv/bin/python", "/usr/bin/env", WORKDIR, root=False)
    monkeypatch.setattr(links, "SYSTEM_TREES", (os.path.realpath(tmp_path),))
    assert links.leads_outside("l", os.path.realpath(tmp_path) + "/tool", WORKDIR, root=False)


NAMES = st.sampled_from(("a", "b", ".", "..", "", "usr", "bin"))


@given(
    folders=st.lists(st.sampled_from(("a", "b")), max_size=3),
    parts=st.lists(NAMES, min_size=1, max_size=6),
    root=st.booleans(),
)
def test_a_relative_target_that_passes_stays_below(folders: list[str], parts: list[str], root: bool) -> None:
    path, target = "/".join([*folders, "l"]), "/".join(parts)
    assume(not target.startswith("/"))
    if not links.leads_outside(path, target, WORKDIR, root=root):
        there = os.path.normpath(os.path.join(WORKDIR, os.path.dirname(path), target))
        assert there == WORKDIR or there.startswith(WORKDIR + "/")


@given(parts=st.lists(NAMES, max_size=6))
def test_an_absolute_target_never_passes_for_root_unless_it_is_inside(parts: list[str]) -> None:
    assert links.leads_outside("l", "/" + "/".join(parts), WORKDIR, root=True)
