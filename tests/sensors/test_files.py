from __future__ import annotations

import hashlib
import mmap
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.ruleset.flags import file_flags
from vigiles.sensors.change import Change, Limits, signature
from vigiles.sensors.files import FileSensor, attribute

#: Overlays are mounted another way by root.
pytestmark = pytest.mark.asroot

Make = Callable[[Path, str], Any]


@pytest.fixture
def lower(tmp_path: Path) -> Path:
    folder = tmp_path / "workdir"
    (folder / "sub/deep").mkdir(parents=True)
    (folder / "a.txt").write_text("alpha")
    (folder / "big.txt").write_text("content of some size")
    (folder / "sub/b.txt").write_text("beta")
    (folder / "sub/deep/c.txt").write_text("gamma")
    os.symlink("a.txt", folder / "link")
    return folder


@pytest.fixture
def pair(lower: Path, kind: str, overlay_on: Make) -> Any:
    overlay = overlay_on(lower, kind)
    sensor = FileSensor(overlay.upper, str(lower), file_flags, userxattr=overlay.userxattr)
    yield overlay, sensor
    sensor.close()


def told(changes: list[Change]) -> dict[str, tuple[str, str]]:
    return {change.path: (change.change, change.kind) for change in changes}


CASES: list[tuple[str, dict[str, tuple[str, str]]]] = [
    ("true", {}),
    ("echo new > n", {"n": ("created", "file")}),
    ("echo more >> a.txt", {"a.txt": ("modified", "file")}),
    ("touch a.txt; cat a.txt > t; cat t > a.txt; rm t", {}),
    ("chmod 600 a.txt", {"a.txt": ("modified", "file")}),
    ("rm a.txt", {"a.txt": ("deleted", "file")}),
    ("rm link", {"link": ("deleted", "symlink")}),
    ("ln -sfn big.txt link", {"link": ("modified", "symlink")}),
    ("rm -r sub", {"sub": ("deleted", "directory")}),
    ("mkdir d; echo x > d/e", {"d": ("created", "directory"), "d/e": ("created", "file")}),
    ("mkfifo f", {"f": ("created", "other")}),
    (
        "rm -r sub; mkdir sub; echo x > sub/n",
        {
            "sub": ("modified", "directory"),
            "sub/b.txt": ("deleted", "file"),
            "sub/deep": ("deleted", "directory"),
            "sub/n": ("created", "file"),
        },
    ),
    ("rm -r sub; echo x > sub", {"sub": ("modified", "file")}),
    ("rm a.txt; mkdir a.txt", {"a.txt": ("modified", "directory")}),
    ("mv big.txt moved.txt", {"big.txt": ("deleted", "file"), "moved.txt": ("moved", "file")}),
    ("rm a.txt; printf alpha > a.txt", {}),
    ("chmod 700 sub", {"sub": ("modified", "directory")}),
    (
        "echo x > ünï; echo y > \"$(printf 'bad\\377name')\"",
        {"ünï": ("created", "file"), "bad\udcffname": ("created", "file")},
    ),
]


@pytest.mark.parametrize(("script", "expected"), CASES, ids=[script for script, _ in CASES])
def test_one_look(pair: Any, script: str, expected: dict[str, tuple[str, str]]) -> None:
    overlay, sensor = pair
    overlay.sh(script)
    assert told(sensor.look()) == expected
    assert sensor.look() == []


def test_what_is_told_of_a_file(pair: Any) -> None:
    overlay, sensor = pair
    overlay.sh("mkdir -p .git/hooks; printf evil > .git/hooks/pre-commit; chmod 755 .git/hooks/pre-commit; mv a.txt z.txt")
    changes = {change.path: change for change in sensor.look()}
    hook = changes[".git/hooks/pre-commit"]
    assert (hook.size, hook.mode, hook.sha256) == (4, 0o755, hashlib.sha256(b"evil").hexdigest())
    assert hook.flags == ("git_hook",)
    assert changes["z.txt"].moved_from == "a.txt"
    assert changes["z.txt"].sha256 == hashlib.sha256(b"alpha").hexdigest()


STEPS: list[tuple[str, str, dict[str, tuple[str, str]]]] = [
    ("echo 1 > n", "rm n", {"n": ("deleted", "file")}),
    ("echo 1 > n", "echo 2 > n", {"n": ("modified", "file")}),
    ("echo 1 > n", "mv n m", {"n": ("deleted", "file"), "m": ("moved", "file")}),
    ("rm a.txt", "echo again > a.txt", {"a.txt": ("created", "file")}),
    ("rm a.txt", "printf alpha > a.txt", {"a.txt": ("created", "file")}),
    ("echo x > a.txt", "printf alpha > a.txt", {"a.txt": ("modified", "file")}),
    ("echo x > a.txt", "rm a.txt", {"a.txt": ("deleted", "file")}),
    ("echo x > a.txt", "touch a.txt", {}),
    ("echo x > sub/b.txt", "rm -r sub", {"sub": ("deleted", "directory"), "sub/b.txt": ("deleted", "file")}),
    ("mkdir d; echo x > d/e", "rm -r d", {"d": ("deleted", "directory"), "d/e": ("deleted", "file")}),
    ("echo x > n", "chmod 755 n", {"n": ("modified", "file")}),
]


@pytest.mark.parametrize(("first", "second", "expected"), STEPS, ids=[f"{a} // {b}" for a, b, _ in STEPS])
def test_changes_since_the_last_look(pair: Any, first: str, second: str, expected: dict[str, tuple[str, str]]) -> None:
    overlay, sensor = pair
    overlay.sh(first)
    assert sensor.look()
    overlay.sh(second)
    assert told(sensor.look()) == expected
    assert sensor.look() == []


def test_all_changes_stay_told(pair: Any) -> None:
    overlay, sensor = pair
    overlay.sh("echo 1 > n")
    sensor.look()
    overlay.sh("rm a.txt")
    sensor.look()
    assert told(sensor.changes()) == {"n": ("created", "file"), "a.txt": ("deleted", "file")}


def test_writes_within_one_tick_of_the_clock_are_seen(pair: Any) -> None:
    overlay, sensor = pair
    path = overlay.merged / "n"
    for value in range(200):
        path.write_text(f"{value:04d}")
        assert [change.path for change in sensor.look()] == ["n"], value


def test_a_young_file_is_read_again_though_its_times_are_as_before(pair: Any) -> None:
    """Two states of a file with one lstat: a mapping makes them on kernels whose clocks tell any two writes apart.

    A busy machine may take longer than the 20 ms for which the sensor doubts, so this tries until it was fast enough.
    """
    overlay, sensor = pair
    for attempt in range(100):
        path = overlay.merged / f"n{attempt}"
        path.write_text("one")
        with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
            mapped[0:1] = b"o"  # from now on the page may be written without anybody being told
            sensor.look()
            before = os.stat(path)
            fast = time.time_ns() - before.st_ctime_ns < 20_000_000
            mapped[0:3] = b"two"
            assert signature(os.stat(path)) == signature(before)
            if not fast:
                continue
            assert [(c.path, c.change, c.sha256) for c in sensor.look()] == [
                (path.name, "modified", hashlib.sha256(b"two").hexdigest())
            ]
            return
    pytest.fail("never fast enough")


def test_a_thorough_look_sees_writes_through_a_mapping(pair: Any) -> None:
    overlay, sensor = pair
    path = overlay.merged / "n"
    path.write_text("one")
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[0:1] = b"o"
        sensor.look()
        threading.Event().wait(0.05)
        sensor.look()  # old enough now for its signature to be believed
        mapped[0:3] = b"two"
        assert told(sensor.look(thorough=True)) == {"n": ("modified", "file")}
    assert sensor.changes()[0].sha256 == hashlib.sha256(b"two").hexdigest()


def test_a_mark_that_the_agent_forges_means_nothing(lower: Path, overlay_on: Make) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: only below a privileged mount may user.overlay.* be written")
    overlay = overlay_on(lower, "root")
    sensor = FileSensor(overlay.upper, str(lower), file_flags, userxattr=False)
    (overlay.merged / "sub/new").write_text("x")
    os.setxattr(overlay.merged / "sub", "user.overlay.opaque", b"y")
    assert told(sensor.look()) == {"sub/new": ("created", "file")}
    sensor.close()


def test_links_are_told_and_never_followed(pair: Any, tmp_path: Path) -> None:
    overlay, sensor = pair
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    os.symlink(tmp_path / "outside", overlay.merged / "out")
    overlay.sh("mkdir -p .git; ln -s ../payload .git/hooks; ln -s .vscode harmless")
    changes = {change.path: change for change in sensor.look()}
    assert set(changes) == {"out", ".git", ".git/hooks", "harmless"}
    assert changes["out"].target == str(tmp_path / "outside")
    assert "git_hook" in changes[".git/hooks"].flags, "a link in the place of the hooks is as good as a hook"
    assert "editor_config" in changes["harmless"].flags


def test_a_repository_without_the_usual_name_is_known_by_what_it_holds(pair: Any) -> None:
    overlay, sensor = pair
    overlay.sh("mkdir -p x/objects x/refs x/hooks; echo 'ref: r' > x/HEAD; echo '[core]' > x/config; echo e > x/hooks/h")
    flags = {change.path: change.flags for change in sensor.look()}
    assert flags["x/HEAD"] == ("git_dir",)
    assert flags["x/config"] == ("git_config",)
    assert flags["x/hooks/h"] == ("git_hook",)


@pytest.mark.parametrize(
    ("limits", "script", "gap"),
    [
        (Limits(entries=5), "for i in 1 2 3 4 5 6 7 8 9; do echo > f$i; done", "entries beyond the limit"),
        (Limits(depth=3), "mkdir -p 1/2/3/4/5/6; echo > 1/2/3/4/5/6/x", "folders nested too deeply"),
        (Limits(look_bytes=8), "echo 123456789 > long; echo 1 > short", "digests beyond the budget of one look"),
    ],
)
def test_limits_leave_a_gap(lower: Path, overlay_on: Make, kind: str, limits: Limits, script: str, gap: str) -> None:
    overlay = overlay_on(lower, kind)
    sensor = FileSensor(overlay.upper, str(lower), file_flags, userxattr=overlay.userxattr, limits=limits)
    overlay.sh(script)
    assert sensor.look()
    assert sensor.take_gaps()[gap] >= 1
    assert sensor.take_gaps() == {}
    sensor.close()


def test_what_a_look_had_no_room_for_is_not_deleted(lower: Path, overlay_on: Make, kind: str) -> None:
    overlay = overlay_on(lower, kind)
    sensor = FileSensor(overlay.upper, str(lower), file_flags, userxattr=overlay.userxattr, limits=Limits(entries=12))
    overlay.sh("rm a.txt; for i in 1 2 3 4 5 6; do echo x > old$i; done")
    before = told(sensor.look())
    assert before["a.txt"] == ("deleted", "file")
    overlay.sh("for i in $(seq 100); do echo y > new$i; done")
    assert {change for change, _ in told(sensor.look()).values()} == {"created"}
    assert before.keys() <= {change.path for change in sensor.changes()}
    overlay.sh("rm old*")
    now = told(sensor.look())
    assert {path for path, step in now.items() if step == ("deleted", "file")} == before.keys() - {"a.txt"}
    sensor.close()


def test_a_file_beyond_the_digest_limit_is_told_once_without_digest(lower: Path, overlay_on: Make, kind: str) -> None:
    overlay = overlay_on(lower, kind)
    sensor = FileSensor(overlay.upper, str(lower), file_flags, 4, userxattr=overlay.userxattr)
    overlay.sh("truncate -s 1T huge; echo 12345 > long")
    assert [(c.path, c.sha256) for c in sensor.look()] == [("huge", None), ("long", None)]
    assert sensor.look() == []
    overlay.sh("echo 54321 > long")
    assert told(sensor.look()) == {"long": ("modified", "file")}
    sensor.close()


def test_a_tree_that_moves_while_it_is_read(pair: Any, tmp_path: Path) -> None:
    """Folders swapped for links to a forbidden place, files for FIFOs, files growing: no hang, nothing followed."""
    overlay, sensor = pair
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    stop = threading.Event()
    merged = overlay.merged

    def churn() -> None:
        while not stop.is_set():
            (merged / "d").mkdir()
            (merged / "d/secret").write_text("mine")
            os.rename(merged / "d", merged / "e")
            os.symlink(outside, merged / "d")
            os.unlink(merged / "d")
            os.unlink(merged / "e/secret")
            os.mkfifo(merged / "e/secret")
            os.unlink(merged / "e/secret")
            os.rmdir(merged / "e")
            with open(merged / "grow", "ab") as file:
                file.write(b"x" * 4096)

    thread = threading.Thread(target=churn)
    thread.start()
    secret = hashlib.sha256(b"secret").hexdigest()
    try:
        for _ in range(60):
            for change in sensor.look():
                assert change.path.split("/")[0] in ("d", "e", "grow")
                assert change.sha256 != secret
    finally:
        stop.set()
        thread.join()


def test_a_lease_does_not_hold_the_sensor_up(pair: Any) -> None:
    import fcntl
    import signal

    overlay, sensor = pair
    path = overlay.merged / "leased"
    path.write_text("x")
    fd = os.open(path, os.O_RDWR)
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError:
        pytest.skip("this overlay gives no leases")
    finally:
        changes = sensor.look()
        os.close(fd)
        signal.signal(signal.SIGIO, before)
    assert told(changes) == {"leased": ("created", "file")}


@pytest.mark.parametrize(
    ("calls", "grade", "call", "candidates"),
    [(set(), "none", None, []), ({3}, "inferred", 3, []), ({3, 1}, "ambiguous", None, [1, 3])],
)
def test_attribution(calls: set[int], grade: str, call: int | None, candidates: list[int]) -> None:
    given = attribute(calls)
    assert (given.grade, given.call, given.candidates) == (grade, call, candidates)
    assert given.methods == (["sole_call"] if grade == "inferred" else [])
