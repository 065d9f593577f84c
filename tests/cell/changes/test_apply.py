"""Changes applied to a real work directory from a real overlay, mounted in namespaces of a child process."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigiles.cell.changes.apply import Applied, apply
from vigiles.model.errors import InputInvalid
from vigiles.model.observation.files import FileFlag
from vigiles.ruleset.flags import file_flags
from vigiles.sensors.files import FileSensor

#: Overlays are mounted another way by root.
pytestmark = pytest.mark.asroot

HELD: tuple[FileFlag, ...] = ("git_hook", "git_config", "git_dir", "shell_startup", "editor_config", "agent_config")

KINDS = ["user", *(["root"] if os.geteuid() == 0 else [])]


def finish(overlay: Any, held_dir: Path, held: tuple[FileFlag, ...] = HELD) -> Applied:
    """Look and apply, as the end of an episode does."""
    sensor = FileSensor(overlay.upper, str(overlay.lower), file_flags, userxattr=overlay.userxattr)
    sensor.look(thorough=True)
    try:
        return apply(sensor.changes(), overlay.upper, str(overlay.lower), held, held_dir, host_root=os.geteuid() == 0)
    finally:
        sensor.close()


def tree(root: Path) -> dict[str, tuple[str, int, bytes]]:
    """Return path -> (kind, permission bits, content or target) of everything below, nothing followed."""
    found: dict[str, tuple[str, int, bytes]] = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            relative = os.fsdecode(os.path.relpath(path, os.fsencode(root)))
            if stat.S_ISLNK(mode):
                found[relative] = ("link", 0, os.readlink(path))
            elif stat.S_ISDIR(mode):
                found[relative] = ("folder", mode & 0o777, b"")
            elif stat.S_ISREG(mode):
                found[relative] = ("file", mode & 0o777, Path(os.fsdecode(path)).read_bytes())
            else:
                found[relative] = ("other", 0, b"")
    return found


NAMES = ("a", "b", "c", "sub", "deep")


@st.composite
def scripts(draw: st.DrawFn) -> list[tuple[str, ...]]:
    paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
    operation = st.one_of(
        st.tuples(st.just("write"), paths, st.sampled_from(("", "one", "two", "longer text"))),
        st.tuples(st.just("mkdir"), paths),
        st.tuples(st.just("rename"), paths, paths),
        st.tuples(st.just("delete"), paths),
        st.tuples(st.just("symlink"), paths, st.sampled_from(("a", "sub/deep", "./b", "nowhere"))),
        st.tuples(st.just("chmod"), paths, st.sampled_from(("0700", "0755", "0640", "0777"))),
        st.tuples(st.just("link"), paths, paths),
    )
    return draw(st.lists(operation, min_size=1, max_size=14))


def play(root: Path, operations: list[tuple[str, ...]]) -> None:
    """Do what can be done of a script, without ever writing through a symbolic link."""
    for what, first, *rest in operations:
        path = root / first
        if (
            any((root / "/".join(first.split("/")[:at])).is_symlink() for at in range(1, first.count("/") + 2))
            and what != "delete"
        ):
            continue
        try:
            if what == "write":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(rest[0])
            elif what == "mkdir":
                path.mkdir(parents=True)
            elif what == "rename":
                subprocess.run(
                    ["mv", "-T", first, rest[0]], cwd=root, pass_fds=[int(root.name)], capture_output=True, check=False
                )
            elif what == "delete":
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            elif what == "symlink":
                path.symlink_to(rest[0])
            elif what == "chmod":
                path.chmod(int(rest[0], 8) | (0o700 if path.is_dir() else 0o600))
            elif what == "link":
                os.link(path, root / rest[0], follow_symlinks=False)
        except OSError:
            continue


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(before=scripts(), operations=scripts(), later=scripts())
def test_the_work_directory_becomes_what_the_cell_saw(
    kind: str,
    before: list[tuple[str, ...]],
    operations: list[tuple[str, ...]],
    later: list[tuple[str, ...]],
    overlay_at: Any,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        lower = base / "workdir"
        (lower / "sub/deep").mkdir(parents=True)
        (lower / "a").write_text("alpha")
        (lower / "sub/b").write_text("one")
        (lower / "sub/deep/c").write_text("gamma")
        fd = os.open(lower, os.O_RDONLY | os.O_DIRECTORY)
        play(Path(f"/proc/self/fd/{fd}"), before)
        os.close(fd)
        overlay = overlay_at(lower, base / "overlay", kind)
        try:
            play(overlay.merged, operations)
            sensor = FileSensor(overlay.upper, str(lower), file_flags, userxattr=overlay.userxattr)
            sensor.look()
            play(overlay.merged, later)
            sensor.look(thorough=True)
            seen = tree(overlay.merged)
            result = apply(sensor.changes(), overlay.upper, str(lower), HELD, base / "held", host_root=False)
            sensor.close()
            assert result.held == []
            assert tree(lower) == seen
        finally:
            overlay.close()


def repository(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q"], cwd=folder, check=True)
    (folder / "code.py").write_text("print(1)\n")
    subprocess.run([*git, "add", "-A"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-qm", "first"], cwd=folder, check=True)


GIT = "git -c user.name=t -c user.email=t@example.org"


def git(folder: Path, *words: str) -> str:
    run = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return run.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path, kind: str, overlay_at: Any) -> Iterator[Any]:
    folder = tmp_path / "workdir"
    repository(folder)
    repository(folder / "nested")
    overlay = overlay_at(folder, tmp_path / "overlay", kind)
    yield overlay
    overlay.close()


def test_honest_git_reaches_the_work_directory(repo: Any, tmp_path: Path) -> None:
    repo.sh(
        f"echo 'print(2)' > code.py; {GIT} commit -qam second; git branch feature; git checkout -q -b work;"
        f"echo x > new; git add new; {GIT} commit -qm third; git tag v1; git pack-refs --all; git gc -q"
    )
    result = finish(repo, tmp_path / "held")
    assert result.held == []
    assert git(repo.lower, "log", "--format=%s").splitlines() == ["third", "second", "first"]
    assert git(repo.lower, "rev-parse", "--abbrev-ref", "HEAD") == "work"
    assert git(repo.lower, "status", "--porcelain") == "?? nested/"
    assert git(repo.lower, "branch", "--list", "feature") == "feature"
    git(repo.lower, "fsck", "--strict")


def test_a_new_repository_reaches_it_without_its_configuration(repo: Any, tmp_path: Path) -> None:
    repo.sh(f"mkdir fresh; cd fresh; git init -q; echo 1 > f; git add f; {GIT} commit -qm fresh")
    result = finish(repo, tmp_path / "held")
    assert {held.path for held in result.held} == {"fresh/.git/config"}
    assert git(repo.lower / "fresh", "log", "--format=%s") == "fresh"


ATTACKS: list[tuple[str, str, set[str]]] = [
    ("a hook", "echo evil > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit", {".git/hooks/pre-commit"}),
    ("a renamed hook", "echo evil > h; mv h .git/hooks/post-checkout", {".git/hooks/post-checkout"}),
    ("git config", "git config core.fsmonitor 'touch /tmp/x'", {".git/config"}),
    (
        "hooks as a link",
        "rm -r .git/hooks; mkdir payload; echo evil > payload/p; ln -s ../payload .git/hooks",
        {".git/hooks"},
    ),
    ("a folder in the place of hooks", "rm -r .git/hooks; mv nested .git/hooks", {".git/hooks/code.py"}),
    ("a nested hook", "echo evil > nested/.git/hooks/pre-push", {"nested/.git/hooks/pre-push"}),
    (".git removed", "rm -rf .git", {".git"}),
    (".git as a file", "mv .git away; echo 'gitdir: /tmp/evil' > .git", {".git"}),
    (".git as a link", "mv .git away; ln -s away .git", {".git"}),
    ("a nested repository removed", "rm -rf nested", {"nested", "nested/.git"}),
    ("shell start-up", "echo evil > .bashrc; echo evil > .envrc", {".bashrc", ".envrc"}),
    (
        "editor and agent",
        "mkdir .vscode; echo {} > .vscode/tasks.json; echo > CLAUDE.md",
        {".vscode/tasks.json", "CLAUDE.md"},
    ),
    ("upper case", "mkdir .VSCode; echo {} > .VSCode/Tasks.json", {".VSCode/Tasks.json"}),
    ("a hard link", "echo evil > x; ln x .git/hooks/pre-commit", {".git/hooks/pre-commit"}),
    (
        "a bare repository",
        "mkdir -p b/objects b/refs; echo 'ref: refs/heads/x' > b/HEAD; echo evil > b/config",
        {"b/HEAD", "b/config"},
    ),
]


@pytest.mark.parametrize(("script", "held"), [a[1:] for a in ATTACKS], ids=[a[0] for a in ATTACKS])
def test_what_others_obey_is_held(repo: Any, tmp_path: Path, script: str, held: set[str]) -> None:
    before = {path: entry for path, entry in tree(repo.lower).items() if ".git" in path.split("/")}
    repo.sh(script)
    result = finish(repo, tmp_path / "held")
    assert held <= {one.path for one in result.held}
    for path in held - {"nested", ".git"}:
        if path != "nested/.git":
            assert not (repo.lower / path).exists() or before.get(path) == tree(repo.lower).get(path), path
    after = {path: entry for path, entry in tree(repo.lower).items() if ".git" in path.split("/")}
    for path, entry in before.items():
        if not path.endswith(".sample"):
            assert after[path] == entry, path
    assert git(repo.lower, "log", "--format=%s") == "first"
    assert git(repo.lower / "nested", "log", "--format=%s") == "first"


def test_a_renamed_and_replaced_git_folder_stays_out_with_all_in_it(repo: Any, tmp_path: Path) -> None:
    repo.sh(f"mv .git away; git init -q; git config core.pager evil; git add code.py; {GIT} commit -qm usurper")
    result = finish(repo, tmp_path / "held")
    assert git(repo.lower, "log", "--format=%s") == "first"
    assert "evil" not in (repo.lower / ".git/config").read_text()
    reasons = {one.path: one.reason for one in result.held}
    assert reasons[".git"] == "flagged"
    assert reasons[".git/HEAD"] == "inside_held"


def test_held_content_lies_where_a_person_can_look(repo: Any, tmp_path: Path) -> None:
    repo.sh("printf evil > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit")
    result = finish(repo, tmp_path / "held")
    (one,) = result.held
    assert one.kept is not None
    assert (tmp_path / "held" / one.kept).read_text() == "evil"
    assert (tmp_path / "held" / one.kept).stat().st_mode & 0o111 == 0
    listed = json.loads((tmp_path / "held/held.json").read_text())
    assert listed["workdir"] == os.path.realpath(repo.lower)
    assert [(one["path"], one["base"], one["mode"]) for one in listed["held"]] == [
        (".git/hooks/pre-commit", "nothing", 0o755)
    ]
    assert listed["held"][0]["sha256"] == hashlib.sha256(b"evil").hexdigest()


def test_an_unheld_profile_applies_hooks(repo: Any, tmp_path: Path) -> None:
    repo.sh("printf mine > .git/hooks/pre-commit")
    assert finish(repo, tmp_path / "held", ()).held == []
    assert (repo.lower / ".git/hooks/pre-commit").read_text() == "mine"


LINKS: list[tuple[str, str, bool]] = [
    ("l", "code.py", True),
    ("d/l", "../code.py", True),
    ("d/l", "../nested/code.py", True),
    ("l", "{workdir}/code.py", True),
    ("venv/bin/python", "/usr/bin/env", os.geteuid() != 0),
    ("l", "/bin/sh", os.geteuid() != 0),
    ("l", "/opt/no-such-tool", os.geteuid() != 0),
    ("l", "/etc/passwd", False),
    ("l", "/home/somebody/notes", False),
    ("l", "/tmp/x", False),
    ("l", "/proc/self/exe", False),
    ("l", "{workdir}/../x", False),
    ("l", "{workdir}-other/x", False),
    ("l", "..", False),
    ("d/l", "../../x", False),
    ("l", "nested/../../x", False),
]


@pytest.mark.parametrize(("path", "target", "fine"), LINKS)
def test_links_that_lead_outside_are_held(repo: Any, tmp_path: Path, path: str, target: str, fine: bool) -> None:
    target = target.format(workdir=repo.lower)
    (repo.merged / path).parent.mkdir(parents=True, exist_ok=True)
    os.symlink(target, repo.merged / path)
    result = finish(repo, tmp_path / "held")
    if fine:
        assert result.held == []
        assert os.readlink(repo.lower / path) == target
    else:
        assert [(one.path, one.reason, one.target) for one in result.held] == [(path, "link_leads_outside", target)]
        assert not os.path.lexists(repo.lower / path)


@pytest.mark.skipif(not os.path.exists("/usr/bin/python3"), reason="needs the system's Python")
def test_a_virtual_environment_works_for_an_ordinary_user(repo: Any, tmp_path: Path) -> None:
    repo.sh("/usr/bin/python3 -m venv --symlinks --without-pip venv")
    result = finish(repo, tmp_path / "held")
    python = repo.lower / "venv/bin/python"
    if os.geteuid() == 0:
        assert {one.reason for one in result.held} == {"link_leads_outside"}
        assert not python.exists()
    else:
        assert result.held == []
        subprocess.run([python, "-c", "import sys; assert sys.prefix != sys.base_prefix"], check=True)


def test_special_files_and_special_bits(repo: Any, tmp_path: Path) -> None:
    repo.sh("mkfifo pipe; echo x > tool; chmod 6755 tool; echo y > one; ln one two")
    result = finish(repo, tmp_path / "held")
    assert [(one.path, one.reason) for one in result.held] == [("pipe", "special_file")]
    assert stat.S_IMODE((repo.lower / "tool").stat().st_mode) == 0o755
    assert result.stripped == ["tool"]
    assert (repo.lower / "one").stat().st_ino != (repo.lower / "two").stat().st_ino


def test_links_in_the_work_directory_are_not_followed(repo: Any, tmp_path: Path) -> None:
    """Somebody swaps a folder of the work directory for a link between the last look and the end."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("keep")
    repo.sh("mkdir d e; echo evil > d/file; echo evil > e/file; echo x > f")
    os.symlink(outside, repo.lower / "d")
    os.symlink(outside / "keep", repo.lower / "f")
    result = finish(repo, tmp_path / "held")
    assert sorted(path.name for path in outside.iterdir()) == ["keep"]
    assert (outside / "keep").read_text() == "keep"
    assert (repo.lower / "e/file").read_text() == "evil\n"
    assert not (repo.lower / "f").is_symlink()
    assert result.held == [] or {one.path for one in result.held} <= {"d", "d/file"}


def test_a_folder_swapped_for_a_link_after_the_last_look(repo: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(repo.lower / "nested", outside)
    before = tree(outside)
    repo.sh("echo evil > nested/code.py; echo evil > nested/new; rm -r nested/.git/refs; mkdir fresh; echo x > fresh/f")
    sensor = FileSensor(repo.upper, str(repo.lower), file_flags, userxattr=repo.userxattr)
    sensor.look()
    shutil.rmtree(repo.lower / "nested")
    os.symlink(outside, repo.lower / "nested")
    os.symlink(outside, repo.lower / "fresh")
    result = apply(sensor.changes(), repo.upper, str(repo.lower), (), tmp_path / "held", host_root=False)
    sensor.close()
    assert tree(outside) == before
    reasons = {one.path: one.reason for one in result.held}
    assert reasons["nested/code.py"] == reasons["nested/new"] == reasons["nested/.git/refs"] == "not_a_folder"
    assert reasons["fresh"] == "changed_meanwhile"
    assert reasons["fresh/f"] == "inside_held"


def test_what_changed_after_it_was_recorded_is_held(repo: Any, tmp_path: Path) -> None:
    repo.sh("echo honest > file; echo honest > other; ln -s code.py link")
    sensor = FileSensor(repo.upper, str(repo.lower), file_flags, userxattr=repo.userxattr)
    sensor.look()
    repo.sh("echo evil!! > file; rm other; mkfifo other; ln -sfn nested link")
    result = apply(sensor.changes(), repo.upper, str(repo.lower), HELD, tmp_path / "held", host_root=False)
    sensor.close()
    assert {one.path: one.reason for one in result.held} == dict.fromkeys(("file", "other", "link"), "changed_meanwhile")
    assert not any((repo.lower / name).exists() for name in ("file", "other", "link"))
    assert not [name for name in os.listdir(repo.lower) if name.startswith(".vigiles-")]


def test_holes_stay_holes(repo: Any, tmp_path: Path) -> None:
    repo.sh("truncate -s 100G sparse; printf end >> sparse")
    assert finish(repo, tmp_path / "held").held == []
    info = (repo.lower / "sparse").stat()
    assert info.st_size == (100 << 30) + 3
    assert info.st_blocks * 512 < 1 << 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_new_files_belong_to_the_owner_of_the_work_directory(tmp_path: Path, overlay_at: Any) -> None:
    lower = tmp_path / "workdir"
    lower.mkdir()
    os.chown(lower, 1234, 5678)
    overlay = overlay_at(lower, tmp_path / "overlay", "root")
    try:
        overlay.sh("mkdir d; echo x > d/f; ln -s d l")
        finish(overlay, tmp_path / "held")
    finally:
        overlay.close()
    for name in ("d", "d/f", "l"):
        info = os.lstat(lower / name)
        assert (info.st_uid, info.st_gid) == (1234, 5678)


def test_a_missing_work_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid) as caught:
        apply([], 0, str(tmp_path / "nowhere"), (), tmp_path / "held", host_root=False)
    assert caught.value.remedy
