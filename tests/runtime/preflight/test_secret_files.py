from __future__ import annotations

import os
import time
from pathlib import Path

from vigiles.runtime.preflight.secret_files import THOROUGH, Limits, search

KEY = bytes(32)
SECRET = "Zk3vQ9xT1mB7yL5wR2pC"
LINE = f"API_TOKEN={SECRET}\n"


def test_place_and_digest_are_told_and_never_the_secret(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\n" + LINE)
    told = search(str(tmp_path), KEY, Limits())
    (one,) = told.secrets
    assert (os.path.basename(one.path), one.line, told.complete) == (".env", 2, True)
    assert SECRET not in repr(told)
    assert one.digest != search(str(tmp_path), bytes([1]) * 32, Limits()).secrets[0].digest


def test_limits_end_the_search_and_say_so(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text("x" * 100)
    assert not search(str(tmp_path), KEY, Limits(files=10)).complete
    assert search(str(tmp_path), KEY, Limits(files=10)).files == 10
    assert not search(str(tmp_path), KEY, Limits(total_bytes=500)).complete
    assert not search(str(tmp_path), KEY, Limits(seconds=0)).complete


def test_what_cannot_hold_one_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\0" + LINE.encode())
    (tmp_path / "large").write_bytes(b"x" * 2000 + LINE.encode())
    os.truncate(tmp_path / "large", 64 * 1000 + 1)
    (tmp_path / "elsewhere").symlink_to("/etc/hosts")
    os.mkfifo(tmp_path / "pipe")
    for folder in (".git", "node_modules"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x").write_text(LINE)
    told = search(str(tmp_path), KEY, Limits(file_bytes=1000))
    assert (told.secrets, told.complete) == ([], True)


def test_where_they_likely_lie_is_looked_at_first_and_what_is_left_is_named(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"a{number}").mkdir()
        for file in range(5):
            (tmp_path / f"a{number}" / f"{file}.txt").write_text("x" * 100)
    deep = tmp_path / "a39" / ".config" / "tool"
    deep.mkdir(parents=True)
    for path in (deep.parent / "hosts.yml", tmp_path / "a20" / "deploy.pem", tmp_path / "zz.env"):
        path.write_text(LINE)
    told = search(str(tmp_path), KEY, Limits(files=3))
    assert {os.path.basename(one.path) for one in told.secrets} == {"hosts.yml", "deploy.pem", "zz.env"}
    assert not told.complete
    assert told.unread[0] == str(tmp_path / "a0")
    assert len(told.unread) == 16
    assert search(str(tmp_path), KEY, Limits(names=1)).unread
    whole = search(str(tmp_path), KEY, THOROUGH)
    assert (whole.complete, whole.unread, whole.files) == (True, [], 203)


def test_a_large_folder_does_not_hold_up_a_start(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number}.log").write_bytes(b"key = value of something\n" * 9000)
    began = time.process_time()
    told = search(str(tmp_path), KEY, Limits())
    assert time.process_time() - began < 0.3, "0.08 s, and the file that is read then; it was 0.5 s"
    assert not told.complete
    assert told.unread == [str(tmp_path)]
