"""`vigiles apply` after real runs: at a terminal, with everything on the command line, and with nobody to ask."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.changes.held_files import Held
from vigiles.cli.changes.apply import Options, _ask, _order
from vigiles.ledger.query import LedgerReader
from vigiles.model.act import Act
from vigiles.model.applied import FilesApplied

pytestmark = pytest.mark.cell

PLANT = """
mkdir -p .git/hooks .vscode
printf '#!/bin/sh\\necho planted\\n' > .git/hooks/pre-commit; chmod 755 .git/hooks/pre-commit
echo '{}' > .vscode/tasks.json; echo 'alias ls=rm' > .bashrc; echo obey > CLAUDE.md; echo code > code.py
"""
ALL = [".bashrc", ".git/hooks/pre-commit", ".vscode/tasks.json", "CLAUDE.md"]


@pytest.fixture
def episode(vigiles: Any) -> str:
    """A run that left four files held back; its episode's id."""
    return str(json.loads(vigiles("run", "--json", "--", "sh", "-c", PLANT).stderr)["episode"])


def still_held(vigiles: Any) -> list[str]:
    return sorted(one["path"] for one in json.loads(vigiles("diff", "--json").stdout)["held"])


def test_one_path_is_applied_and_the_rest_stays(vigiles: Any, workdir: Path, episode: str, shared_home: Path) -> None:
    done = vigiles("apply", "last", ".git/hooks/pre-commit", "--yes")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines() == [
        "applied: .git/hooks/pre-commit",
        f"3 files still held; see: vigiles diff {episode}",
    ]
    hook = workdir / ".git/hooks/pre-commit"
    assert (hook.read_text(), hook.stat().st_mode & 0o777) == ("#!/bin/sh\necho planted\n", 0o755)
    assert hook.stat().st_uid == os.getuid()
    assert not any((workdir / path).exists() for path in ALL if path != ".git/hooks/pre-commit")
    assert still_held(vigiles) == [path for path in ALL if path != ".git/hooks/pre-commit"]
    with LedgerReader(shared_home) as reader:
        (act,) = [r for _, r in reader.records("act", episode=episode) if isinstance(r, Act) and r.kind == "approval"]
    assert (act.tool, act.arguments["path"]) == ("apply_held_file", ".git/hooks/pre-commit")
    with LedgerReader(shared_home) as reader:
        (end, review) = (r for _, r in reader.records("files_applied", episode=episode) if isinstance(r, FilesApplied))
    assert (end.by, end.reason, end.held, "code.py" in end.paths) == ("vigiles", "episode_end", 4, True)
    assert (review.by, review.reason) == (act.principal, "review")
    assert (review.applied, review.paths, review.held) == (1, [".git/hooks/pre-commit"], 3)
    assert "code.py" in vigiles("ledger", "show", end.id).stdout.decode()
    told = vigiles("diff").stdout.decode()
    assert "applied by" in told
    assert f"{end.applied} changes applied by vigiles at the end of the episode, 4 held back" in told
    again = vigiles("apply", ".git/hooks/pre-commit", "--yes")
    assert again.returncode == 105
    assert "nothing is held at .git/hooks/pre-commit" in again.stderr.decode()
    assert vigiles("ledger", "verify").returncode == 0


def test_all_of_it_at_once_and_then_there_is_nothing(vigiles: Any, workdir: Path, episode: str, shared_home: Path) -> None:
    done = vigiles("apply", episode, "--all", "--yes", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert (told["episode"], told["workdir"], told["still_held"]) == (episode, os.path.realpath(workdir), [])
    assert sorted(told["files"], key=lambda row: row["path"]) == [
        {"path": path, "outcome": "applied", "why": "", "rules": []} for path in ALL
    ]
    assert (workdir / ".bashrc").read_text() == "alias ls=rm\n"
    assert os.listdir(shared_home / "held-files" / episode) == ["held.json"]
    again = vigiles("apply", episode, "--all", "--yes", "--json")
    assert (again.returncode, json.loads(again.stdout)["files"]) == (0, [])


def test_a_folder_and_a_rejection(vigiles: Any, workdir: Path, episode: str, shared_home: Path) -> None:
    assert vigiles("apply", ".vscode", "--reject", "--yes").stdout.startswith(b"discarded: .vscode/tasks.json\n")
    assert not (workdir / ".vscode/tasks.json").exists()
    assert ".vscode/tasks.json" not in still_held(vigiles)
    assert len(os.listdir(shared_home / "held-files" / episode)) == 4


@pytest.mark.parametrize("words", [[], ["--all"], [".bashrc"], ["--yes"], ["--json"], ["--reject", "--all"]])
def test_where_nobody_can_be_asked_all_must_be_said(vigiles: Any, workdir: Path, episode: str, words: list[str]) -> None:
    done = vigiles("apply", "last", *words)
    assert done.returncode == 100
    assert b"nobody can be asked here" in done.stderr
    assert f"vigiles diff {episode}".encode() in done.stderr
    assert not (workdir / ".bashrc").exists()
    assert still_held(vigiles) == ALL


def test_what_changed_since_is_not_overwritten_unseen(vigiles: Any, workdir: Path, episode: str) -> None:
    (workdir / ".bashrc").write_text("my own, since\n")
    done = vigiles("apply", ".bashrc", "--yes")
    assert done.returncode == 111
    assert "still held: .bashrc: the work directory has something else there now" in done.stdout.decode()
    assert done.stderr.decode().splitlines()[1].startswith("  what to do: ")
    assert (workdir / ".bashrc").read_text() == "my own, since\n"
    assert "-my own, since" in vigiles("diff").stdout.decode()
    assert vigiles("apply", ".bashrc", "--yes").returncode == 0, "it is held against what the person can see now"
    assert (workdir / ".bashrc").read_text() == "alias ls=rm\n"


def test_a_link_that_came_since_is_not_followed(vigiles: Any, workdir: Path, episode: str, short_folder: Any) -> None:
    outside = short_folder("outside")
    (outside / "tasks.json").write_text("keep")
    (workdir / ".vscode").rmdir()
    (workdir / ".vscode").symlink_to(outside)
    done = vigiles("apply", "--all", "--yes", "--json")
    outcomes = {row["path"]: row["outcome"] for row in json.loads(done.stdout)["files"]}
    assert done.returncode == 111
    assert outcomes == {path: "held" if path.startswith(".vscode") else "applied" for path in ALL}
    assert (outside / "tasks.json").read_text() == "keep"
    assert os.listdir(outside) == ["tasks.json"]


def test_a_hostile_name_is_applied_as_it_is(vigiles: Any, workdir: Path) -> None:
    vigiles("run", "--quiet", "--", "sh", "-c", "mkdir .vscode; echo x > \"$(printf '.vscode/\\033[2Jbad\\377')\"")
    done = vigiles("apply", ".vscode/\\x1b[2Jbad\\xff", "--yes")
    assert (done.returncode, done.stdout) == (0, b"applied: .vscode/\\x1b[2Jbad\\xff\n")
    assert os.listdir(os.fsencode(workdir / ".vscode")) == [b"\x1b[2Jbad\xff"]


def test_an_older_episode_is_named_when_the_last_holds_nothing(vigiles: Any, episode: str) -> None:
    vigiles("run", "--quiet", "--", "true")
    told = vigiles("apply").stdout.decode()
    assert "nothing is held back of ep-" in told
    assert f"vigiles apply {episode}" in told


class Person:
    """Somebody at a terminal who reads until a question, and answers."""

    def __init__(self, argv: list[str], workdir: Path, home: Path) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "VIGILES_HOME": str(home), "COLUMNS": "100"}
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, cwd=workdir, env=environment)
        os.close(slave)
        self.seen = ""

    def read(self, until: str) -> str:
        """Read on until a word comes; return what was read."""
        read, deadline = "", time.monotonic() + 30
        while until not in read:
            assert time.monotonic() < deadline, self.seen
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    piece = os.read(self._master, 65536).decode()
                except OSError:
                    break
                read += piece
                self.seen += piece
        return read

    def say(self, word: str) -> None:
        os.write(self._master, f"{word}\n".encode())

    def code(self) -> int:
        self.read("\0")
        return self.process.wait(30)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10)
        os.close(self._master)


@pytest.fixture
def person(vigiles_argv: list[str], workdir: Path, shared_home: Path) -> Any:
    people: list[Person] = []

    def sit(*words: str) -> Person:
        people.append(Person([*vigiles_argv, *words], workdir, shared_home))
        return people[-1]

    yield sit
    for one in people:
        one.close()


def test_a_person_goes_through_them(person: Any, vigiles: Any, workdir: Path, episode: str) -> None:
    you = person("apply")
    first = you.read("[q]uit? ")
    assert "(1 of 4) .bashrc: created file, 12 B, mode 644 (shells run it)" in first
    assert "+alias ls=rm" in first
    you.say("a")
    assert "(2 of 4) CLAUDE.md" in you.read("[q]uit? ")
    assert "applied: .bashrc" in you.seen
    you.say("d")
    you.read("[q]uit? ")
    you.say("what?")
    you.read("[q]uit? ")
    you.say("w")
    you.read("[q]uit? ")
    you.say("l")
    you.read("[q]uit? ")
    you.say("q")
    assert you.code() == 0
    assert "2 files still held" in you.seen
    assert (workdir / ".bashrc").exists()
    assert not (workdir / "CLAUDE.md").exists()
    assert still_held(vigiles) == [".git/hooks/pre-commit", ".vscode/tasks.json"]


def test_a_person_replaces_just_what_was_shown(person: Any, workdir: Path, episode: str) -> None:
    (workdir / ".bashrc").write_text("seen\n")
    you = person("apply", ".bashrc")
    assert "-seen" in you.read("[q]uit? ")
    (workdir / ".bashrc").write_text("not seen\n")
    you.say("a")
    assert you.code() == 111
    assert (workdir / ".bashrc").read_text() == "not seen\n"


def test_two_people_at_once(person: Any, vigiles: Any, workdir: Path, episode: str) -> None:
    one, other = person("apply", ".bashrc"), person("apply", ".bashrc")
    one.read("[q]uit? ")
    other.read("[q]uit? ")
    one.say("a")
    assert one.code() == 0
    other.say("d")
    assert other.code() == 0
    assert "gone: .bashrc" in other.seen
    assert (workdir / ".bashrc").exists()


def test_folders_come_first_and_deletions_last() -> None:
    def held(path: str, change: str = "created") -> Held:
        return Held(path=path, change=change, kind="file", reason="flagged")

    some = [held("a/b/c"), held("x", "deleted"), held("x/y", "deleted"), held("a"), held("a/b")]
    assert [one.path for one in sorted(some, key=_order)] == ["a", "a/b", "a/b/c", "x/y", "x"]


def test_the_end_of_input_is_a_quit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("\nx\nW\n")
    with open(tmp_path / "in") as answers:
        monkeypatch.setattr("sys.stdin", answers)
        assert _ask("  [l]eave, show [w]hole, [q]uit? ") == "w"
        assert _ask("  [l]eave, show [w]hole, [q]uit? ") == "q"
    assert Options(tmp_path).episode == "last"
