from __future__ import annotations

from pathlib import Path

from vigiles.model.union import Recorded
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.load import load_profile
from vigiles.runtime.suggest.learn import Learned, Learner
from vigiles.runtime.suggest.replay import replay
from vigiles.runtime.suggest.write import profile_text, rules_text


def suggested(records: list[Recorded], folder: Path) -> tuple[Learned, Ruleset]:
    learner = Learner()
    for record in records:
        learner.look(record)
    for record in records:
        learner.learn(record)
    learned = learner.done()
    folder.mkdir()
    (folder / "profile.toml").write_text(profile_text(learned, "suggested", load_profile("observe").profile))
    (folder / "rules.cedar").write_text(rules_text(learned))
    return learned, load_profile(folder)


def test_the_same_records_meet_no_refusal(observed: list[Recorded], tmp_path: Path) -> None:
    learned, ruleset = suggested(observed, tmp_path / "s")
    again = replay(ruleset, observed, learned)
    assert again.refusals == []
    assert (again.acts, again.flows) == (2, 2)


def test_what_was_left_out_would_be_refused(observed: list[Recorded], tmp_path: Path) -> None:
    learned, ruleset = suggested(observed, tmp_path / "s")
    learned.left_acts.clear()
    learned.hosts |= {"pool.example:3333", "169.254.169.254:80", "inside.example:443"}
    reasons = [reason for _, reason in replay(ruleset, observed, learned).refusals]
    assert sorted(reasons) == ["egress_address", "egress_host", "egress_host", "rule_missing", "rule_missing"]


def test_a_budget_that_is_too_small_shows(observed: list[Recorded], tmp_path: Path) -> None:
    learned, _ = suggested(observed, tmp_path / "s")
    text = (tmp_path / "s" / "profile.toml").read_text().replace("calls = 50", "calls = 1")
    (tmp_path / "s" / "profile.toml").write_text(text)
    assert "budget_calls" in {reason for _, reason in replay(load_profile(tmp_path / "s"), observed, learned).refusals}
