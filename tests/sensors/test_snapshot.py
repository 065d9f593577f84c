from __future__ import annotations

import hashlib
import mmap
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigiles.ruleset.flags import file_flags
from vigiles.sensors.change import Limits, signature
from vigiles.sensors.snapshot import SnapshotSensor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "workdir"
    (root / "sub").mkdir(parents=True)
    (root / "a").write_text("alpha")
    (root / "sub/b").write_text("beta")
    return root


@pytest.fixture
def sensor(folder: Path) -> Iterator[SnapshotSensor]:
    sensor = SnapshotSensor(str(folder), file_flags)
    yield sensor
    sensor.close()


CASES: list[tuple[str, list[tuple[str, str, str]]]] = [
    ("true", []),
    ("echo x > n", [("n", "created", "file")]),
    ("echo x >> a", [("a", "modified", "file")]),
    ("rm a", [("a", "deleted", "file")]),
    ("mv a z", [("a", "deleted", "file"), ("z", "moved", "file")]),
    ("rm -r sub", [("sub", "deleted", "directory"), ("sub/b", "deleted", "file")]),
    ("chmod 700 sub", [("sub", "modified", "directory")]),
    ("ln -s /etc l", [("l", "created", "symlink")]),
    ("mkfifo f", [("f", "created", "other")]),
]


@pytest.mark.parametrize(("script", "expected"), CASES, ids=[case[0] for case in CASES])
def test_one_look(sensor: SnapshotSensor, folder: Path, script: str, expected: list[tuple[str, str, str]]) -> None:
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True)
    assert [(c.path, c.change, c.kind) for c in sensor.look()] == expected
    assert sensor.look() == []


def test_digest_and_flags(sensor: SnapshotSensor, folder: Path) -> None:
    (folder / "Makefile").write_text("all:\n")
    (change,) = sensor.look()
    assert change.sha256 == hashlib.sha256(b"all:\n").hexdigest()
    assert change.flags == ("build",)


def test_writes_within_one_tick_of_the_clock_are_seen(sensor: SnapshotSensor, folder: Path) -> None:
    for value in range(100):
        (folder / "n").write_text(f"{value:04d}")
        assert [change.path for change in sensor.look()] == ["n"], value


def test_a_young_file_is_read_again_though_its_times_are_as_before(sensor: SnapshotSensor, folder: Path) -> None:
    """Two states of a file with one lstat: a mapping makes them on kernels whose clocks tell any two writes apart.

    A busy machine may take longer than the 20 ms for which the sensor doubts, so this tries until it was fast enough.
    """
    for attempt in range(100):
        path = folder / f"n{attempt}"
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


def test_nothing_behind_a_link_is_looked_at(sensor: SnapshotSensor, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    os.symlink(tmp_path / "outside", folder / "l")
    sensor.look()
    (tmp_path / "outside/secret").write_text("x")
    assert sensor.look() == []


def test_a_folder_too_large_leaves_a_gap(folder: Path) -> None:
    for number in range(20):
        (folder / f"f{number}").write_text("")
    sensor = SnapshotSensor(str(folder), file_flags, limits=Limits(entries=10))
    assert sensor.take_gaps()["entries beyond the limit"] >= 1
    sensor.close()


def test_what_a_look_had_no_room_for_is_not_deleted(folder: Path) -> None:
    limits = Limits(entries=12)
    old = {f"old{number}" for number in range(8)}
    for name in old:
        (folder / name).write_text("x")
    sensor = SnapshotSensor(str(folder), file_flags, limits=limits)
    for number in range(100):
        (folder / f"new{number}").write_text("y")
    changes = sensor.look()
    assert not [change for change in changes if change.change == "deleted"]
    for name in old:
        (folder / name).unlink()
    deleted = {change.path for change in sensor.look() if change.change == "deleted"}
    assert deleted == old, "what is gone is told, whether the look had room for it or not"
    sensor.close()
