from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vigiles.kernel.uids import Uids


def test_the_lowest_that_is_free_is_lent(tmp_path: Path) -> None:
    uids = Uids(tmp_path / "lent" / "uids", 7000, 3)
    assert [uids.take(), uids.take(), uids.take()] == [7000, 7001, 7002]
    with pytest.raises(OSError, match="all 3 uids"):
        uids.take()
    uids.give(7001)
    assert uids.take() == 7001
    uids.close()


def test_two_lenders_never_lend_the_same(tmp_path: Path) -> None:
    one, other = Uids(tmp_path / "uids", 7000, 4), Uids(tmp_path / "uids", 7000, 4)
    assert [one.take(), other.take(), one.take(), other.take()] == [7000, 7001, 7002, 7003]
    one.close()
    assert [other.take(), other.take()] == [7000, 7002]
    other.close()


def test_what_a_killed_lender_had_is_free(tmp_path: Path) -> None:
    code = "import sys, pathlib; from vigiles.kernel.uids import Uids; u = Uids(pathlib.Path(sys.argv[1]), 7000, 2); print(u.take(), flush=True); sys.stdin.read()"  # noqa: E501
    lender = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "uids")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert lender.stdout is not None
    assert lender.stdout.readline() == "7000\n"
    mine = Uids(tmp_path / "uids", 7000, 2)
    assert mine.take() == 7001
    lender.kill()
    lender.communicate()
    assert mine.take() == 7000
    mine.close()


def test_a_link_in_the_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    os.symlink(tmp_path / "elsewhere", tmp_path / "uids")
    with pytest.raises(OSError, match="uids"):
        Uids(tmp_path / "uids", 7000, 2)


def test_giving_back_what_was_not_lent_does_nothing(tmp_path: Path) -> None:
    uids = Uids(tmp_path / "uids", 7000, 2)
    uids.give(1)
    uids.give(7001)
    assert uids.take() == 7000
    uids.close()


FORKS = """
import os, pathlib, sys, time
from vigiles.kernel.uids import Uids
uids = Uids(pathlib.Path(sys.argv[1]), 7000, 2)
taken = uids.take()
pid = os.fork()
if not pid:
    os.close(1)
    time.sleep(60)
    os._exit(0)
print(taken, pid, flush=True)
sys.stdin.read()
"""


def test_a_forked_child_that_outlives_its_lender_keeps_nothing(tmp_path: Path) -> None:
    lender = subprocess.Popen(
        [sys.executable, "-c", FORKS, str(tmp_path / "uids")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert lender.stdout is not None
    taken, child = map(int, lender.stdout.readline().split())
    mine = Uids(tmp_path / "uids", 7000, 2)
    try:
        assert (taken, mine.take()) == (7000, 7001)  # while the lender lives it is lent, whatever its child does
        lender.kill()
        lender.communicate()
        assert mine.take() == 7000
    finally:
        mine.close()
        os.kill(child, 9)
