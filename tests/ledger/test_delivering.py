from __future__ import annotations

import os
from pathlib import Path

from vigiles.ledger.delivering import NotDelivered, Progress, is_over, load_progress, save_progress, take_turn


class Mark(Progress, kw_only=True):
    at: int = 0


def test_progress_counts_failures_and_waits_longer_and_longer(tmp_path: Path) -> None:
    mark = Mark(at=3)
    assert mark.wait_s() == 1
    waits = []
    for number in range(10):
        mark.failed(NotDelivered(f"no {number}"))
        waits.append(mark.wait_s())
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    since = mark.failing_us
    mark.failed(NotDelivered("still no"))
    assert (mark.failures, mark.error, mark.failing_us) == (11, "still no", since)
    save_progress(tmp_path / "new" / "a.json", mark)
    assert load_progress(tmp_path / "new" / "a.json", Mark) == mark
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    mark.well()
    assert mark == Mark(at=3)
    mark.failures = 10**6
    assert mark.wait_s() == 300


def test_what_cannot_be_read_is_as_new(tmp_path: Path) -> None:
    assert load_progress(tmp_path / "a.json", Mark) is None
    for content in (b"", b"{", b'{"at":"x"}', b"\xff"):
        (tmp_path / "a.json").write_bytes(content)
        assert load_progress(tmp_path / "a.json", Mark) is None


def test_one_has_the_turn(tmp_path: Path) -> None:
    first = take_turn(tmp_path / "q", 0)
    assert first is not None
    assert take_turn(tmp_path / "q", 0.15) is None
    read, write = os.pipe()
    os.close(write)
    assert take_turn(tmp_path / "q", 60, read) is None, "nobody waits for it any more"
    os.close(read)
    os.close(first)
    second = take_turn(tmp_path / "q", 0)
    assert second is not None
    os.close(second)


def test_a_pipe_is_over_when_its_other_end_is_closed() -> None:
    read, write = os.pipe()
    assert not is_over(read, 0)
    os.write(write, b"x")
    assert not is_over(read, 0)
    os.close(write)
    assert is_over(read, 5)
    os.close(read)


def test_what_a_failure_says() -> None:
    assert not NotDelivered("later").conflict
    assert NotDelivered("never", conflict=True).conflict
    assert NotDelivered("no", refused=True).refused
