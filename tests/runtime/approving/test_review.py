"""A person's word on held files: judged, recorded, done once, and safe against a crash at any moment."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigiles.cell.changes import held_list
from vigiles.cell.changes.held_files import Held
from vigiles.ledger.mint import new_id, now
from vigiles.ledger.query import LedgerReader
from vigiles.ledger.sync_client import SyncRecorderClient
from vigiles.model.act import Act
from vigiles.model.coordinates import Coordinates
from vigiles.model.errors import NotFound
from vigiles.model.result import Result
from vigiles.model.ruleset import RulesetInForce
from vigiles.model.verdict import Verdict
from vigiles.ruleset.load import load_profile
from vigiles.runtime.approving.review import Review, person

HOOK = b"#!/bin/sh\necho honest\n"


class Episode:
    """What an episode leaves: its rules in the ledger, and held files."""

    def __init__(self, home: Path, workdir: Path, profile: str | Path = "coding-agent", *, recorded: bool = True) -> None:
        self.home, self.workdir = home, workdir
        self.where = Coordinates(run=new_id("run"), episode=new_id("ep"))
        self.folder = held_list.folder_of(home, self.where.episode)
        ruleset = load_profile(profile)
        if recorded:
            record = RulesetInForce(
                id=new_id("rul"), at=now(), coordinates=self.where, profile=ruleset.profile.name, digest=ruleset.digest,
                text=ruleset.text,
            )  # fmt: skip
            with SyncRecorderClient(home) as client:
                client.append([record])

    def hold(self, *paths: str, **more: Any) -> list[Held]:
        self.folder.mkdir(parents=True, exist_ok=True)
        held = []
        for number, path in enumerate(paths, 1):
            (self.folder / f"{number:04d}-x").write_bytes(HOOK)
            digest = hashlib.sha256(HOOK).hexdigest()
            one: dict[str, Any] = {"path": path, "change": "created", "kind": "file", "reason": "flagged", "mode": 0o755}
            one |= {"kept": f"{number:04d}-x", "sha256": digest, "size": len(HOOK), "flags": ["git_hook"], **more}
            held.append(Held(**one))
        held_list.save(self.folder, held_list.HeldList(workdir=os.path.realpath(self.workdir), held=held))
        return held

    def told(self) -> list[tuple[Any, ...]]:
        """Return (tool, path, decision, outcome, error) of every approval in the ledger."""
        with LedgerReader(self.home) as reader:
            records = [record for _, record in reader.records(episode=self.where.episode)]
        acts = [record for record in records if isinstance(record, Act)]
        decisions = {record.act: record.decision for record in records if isinstance(record, Verdict)}
        results = {record.act: record for record in records if isinstance(record, Result)}
        rows = []
        for act in acts:
            assert (act.kind, act.principal) == ("approval", person().name)
            result = results.get(act.id)
            said = (None, None) if result is None else (result.outcome, result.error)
            rows.append((act.tool, act.arguments["path"], decisions[act.id], *said))
        return rows


@pytest.fixture
def make(home: Path, workdir: Path) -> Callable[..., Episode]:
    return lambda *words, **more: Episode(home, workdir, *words, **more)


def test_one_is_applied_one_is_discarded_and_the_rest_stays(make: Callable[..., Episode], workdir: Path) -> None:
    episode = make()
    first, second, third = episode.hold("hook", "other", "third")
    with Review(episode.home, episode.where) as review:
        assert review.give(first, "apply").outcome == "applied"
        assert review.give(second, "discard").outcome == "discarded"
        assert review.held() == [third]
    assert (workdir / "hook").read_bytes() == HOOK
    assert (workdir / "hook").stat().st_mode & 0o777 == 0o755
    assert sorted(os.listdir(workdir)) == ["hook"]
    assert sorted(os.listdir(episode.folder)) == ["0003-x", "held.json"]
    assert episode.told() == [
        ("apply_held_file", "hook", "allow", "performed", None),
        ("discard_held_file", "other", "allow", "performed", None),
    ]


def test_what_changed_meanwhile_is_held_again_and_may_then_be_applied(make: Callable[..., Episode], workdir: Path) -> None:
    episode = make()
    (one,) = episode.hold("hook")
    (workdir / "hook").write_text("somebody's")
    with Review(episode.home, episode.where) as review:
        answer = review.give(one, "apply")
        assert (answer.outcome, (workdir / "hook").read_text()) == ("held", "somebody's")
        (again,) = review.held()
        assert again == answer.one
        assert again.base == f"file:{hashlib.sha256(b'somebody' + bytes([39]) + b's').hexdigest()}"
        assert (again.reason, again.flags) == ("flagged", ["git_hook"])
        assert review.give(again, "apply").outcome == "applied"
    assert (workdir / "hook").read_bytes() == HOOK
    assert [row[3] for row in episode.told()] == ["failed", "performed"]


def test_what_a_person_was_shown_may_be_replaced(make: Callable[..., Episode], workdir: Path) -> None:
    episode = make()
    (one,) = episode.hold("hook")
    (workdir / "hook").write_text("seen")
    seen = f"file:{hashlib.sha256(b'seen').hexdigest()}"
    with Review(episode.home, episode.where) as review:
        assert review.give(one, "apply", seen).outcome == "applied"


def test_rules_may_refuse(make: Callable[..., Episode], short_folder: Callable[[str], Path], workdir: Path) -> None:
    profile = short_folder("profile")
    (profile / "profile.toml").write_text('extends = "coding-agent"\nname = "strict"\n')
    (profile / "rules.cedar").write_text(
        '@id("no-hooks") forbid (principal, action == Action::"approval", resource == Tool::"apply_held_file")\n'
        'when { context.arguments.hasTag("path") && context.arguments.getTag("path") == "hook" };'
    )
    episode = make(profile)
    hook, other = episode.hold("hook", "other")
    with Review(episode.home, episode.where) as review:
        answer = review.give(hook, "apply")
        assert (answer.outcome, answer.why, answer.rules) == ("refused", "rule_forbids", ("no-hooks",))
        assert review.give(other, "apply").outcome == "applied"
        assert review.held() == [hook]
    assert os.listdir(workdir) == ["other"]
    assert episode.told()[0] == ("apply_held_file", "hook", "deny", "refused", None)


def test_without_the_rules_nothing_is_done(make: Callable[..., Episode], workdir: Path) -> None:
    make()
    episode = make(recorded=False)
    (one,) = episode.hold("hook")
    with Review(episode.home, episode.where) as review, pytest.raises(NotFound):
        review.give(one, "apply")
    assert os.listdir(workdir) == []


def test_a_second_word_on_the_same_file_finds_it_gone(make: Callable[..., Episode]) -> None:
    episode = make()
    (one,) = episode.hold("hook")
    with Review(episode.home, episode.where) as first, Review(episode.home, episode.where) as second:
        assert first.give(one, "apply").outcome == "applied"
        assert second.give(one, "discard").outcome == "gone"


def test_a_held_folder_that_somebody_removed(make: Callable[..., Episode]) -> None:
    episode = make()
    (one,) = episode.hold("hook")
    with Review(episode.home, episode.where) as review:
        shutil.rmtree(episode.folder)
        assert review.give(one, "apply").outcome == "gone"
        assert review.held() == []


BOTH = """
import json, sys
from pathlib import Path
from vigiles.model.coordinates import Coordinates
from vigiles.runtime.approving.review import Review
home, run, episode = sys.argv[1:4]
with Review(Path(home), Coordinates(run=run, episode=episode)) as review:
    print(json.dumps([review.give(one, "apply").outcome for one in review.held()]))
"""


def test_two_at_once_apply_each_file_once(make: Callable[..., Episode], workdir: Path) -> None:
    episode = make()
    names = [f"hook{n}" for n in range(12)]
    episode.hold(*names)
    argv = [sys.executable, "-P", "-c", BOTH, str(episode.home), episode.where.run, episode.where.episode]
    both = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [json.loads(one.communicate(timeout=60)[0]) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sum(outcome == "applied" for outcomes in said for outcome in outcomes) == len(names)
    assert {outcome for outcomes in said for outcome in outcomes} <= {"applied", "gone"}
    assert sorted(os.listdir(workdir)) == sorted(names)
    assert os.listdir(episode.folder) == ["held.json"]


CRASH = """
import os, sys
from pathlib import Path
from vigiles.cell.changes import held_list
from vigiles.model.coordinates import Coordinates
from vigiles.runtime.approving import review
home, run, episode, where = sys.argv[1:5]
if where == "before the file":
    review.take_over = lambda *_: os._exit(9)
elif where == "before the list":
    held_list.settle = lambda *_: os._exit(9)
elif where == "before the copy":
    held_list.sweep = lambda *_: os._exit(9)
elif where == "before the name":
    real = os.rename
    os.rename = lambda *words, **more: os._exit(9)
with review.Review(Path(home), Coordinates(run=run, episode=episode)) as one:
    one.give(one.held()[0], "apply")
"""


@pytest.mark.parametrize("moment", ["before the file", "before the name", "before the list", "before the copy"])
def test_a_crash_loses_nothing(make: Callable[..., Episode], workdir: Path, moment: str) -> None:
    episode = make()
    one, other = episode.hold("hook", "other")
    argv = [sys.executable, "-P", "-c", CRASH, str(episode.home), episode.where.run, episode.where.episode, moment]
    assert subprocess.run(argv, timeout=60, check=False).returncode == 9
    listed = held_list.load(episode.folder)
    assert listed is not None
    written = (workdir / "hook").exists()
    assert written == (moment in ("before the list", "before the copy"))
    assert (one in listed.held) == (moment != "before the copy")
    if one in listed.held:
        with Review(episode.home, episode.where) as review:
            assert review.give(one, "apply").outcome == "applied"
    with Review(episode.home, episode.where) as review:
        assert review.give(other, "apply").outcome == "applied"
    assert (workdir / "hook").read_bytes() == (workdir / "other").read_bytes() == HOOK
    assert os.listdir(episode.folder) == ["held.json"], "nothing is left over"
    assert episode.told()[0][:3] == ("apply_held_file", "hook", "allow"), "the intent is on record whatever came after"


def test_a_person_is_who_the_kernel_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("SUDO_USER", "somebody-else")
    me = person()
    assert me.kind == "person"
    assert me.name != "somebody-else"
    assert me.attributes == {"uid": str(os.getuid())}
