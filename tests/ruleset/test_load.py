from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vigiles.model.errors import NotFound, RulesetInvalid
from vigiles.ruleset.load import load_profile, read_layers, ruleset_of, shipped
from vigiles.ruleset.mistake import ProfileInvalid

Make = Callable[..., Path]


def test_shipped_names() -> None:
    assert shipped() == ("coding-agent", "no-network", "observe", "rl-rollout")


def test_a_folder_extends_a_shipped_profile(make_profile: Make) -> None:
    folder = make_profile('extends = "rl-rollout"\n[egress]\nhosts = ["m.example:443"]', rules=None)
    for way in (folder, str(folder), folder / "profile.toml"):
        ruleset = load_profile(way)
        assert (ruleset.profile.name, ruleset.profile.egress.hosts) == ("mine", ["m.example:443"])
        assert ruleset.profile.budgets == load_profile("rl-rollout").profile.budgets
    assert ruleset_of(ruleset.text).digest == ruleset.digest


def test_a_folder_extends_a_folder_beside_it(make_profile: Make) -> None:
    make_profile("[budgets]\ncalls = 3", name="base")
    folder = make_profile('extends = "../base"', rules=None, name="top")
    assert load_profile(folder).profile.budgets.calls == 3


def test_going_round_is_refused(make_profile: Make) -> None:
    make_profile('extends = "../b"', name="a")
    folder = make_profile('extends = "../a"', name="b")
    with pytest.raises(RulesetInvalid, match="goes round"):
        load_profile(folder)


@pytest.mark.parametrize("name", ["rl-rolout", "../nothing", "", "no\0thing", "~nobody-has-this-name", "x" * 300])
def test_unknown_profiles_are_not_found(name: str) -> None:
    with pytest.raises((NotFound, RulesetInvalid)) as caught:
        load_profile(name)
    assert "coding-agent" in caught.value.remedy
    assert ('"rl-rollout"' in caught.value.remedy) == (name == "rl-rolout")


def test_unknown_base_names_the_file(make_profile: Make) -> None:
    folder = make_profile('extends = "rl-rolout"')
    with pytest.raises(RulesetInvalid, match=r"profile\.toml: extends") as caught:
        load_profile(folder)
    assert "rl-rollout" in caught.value.remedy


def test_extends_must_be_text(make_profile: Make) -> None:
    with pytest.raises(ProfileInvalid, match="extends"):
        load_profile(make_profile("extends = 3"))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"#" * ((1 << 20) + 1)])
def test_files_that_are_no_text_for_people(make_profile: Make, data: bytes) -> None:
    folder = make_profile()
    (folder / "rules.cedar").write_bytes(data)
    with pytest.raises(RulesetInvalid, match=r"rules\.cedar"):
        load_profile(folder)


def test_a_folder_in_place_of_a_file(make_profile: Make) -> None:
    folder = make_profile(rules=None)
    (folder / "rules.cedar").mkdir()
    with pytest.raises(RulesetInvalid, match=r"rules\.cedar"):
        load_profile(folder)


def test_paths_stay_out_of_the_digest(make_profile: Make, tmp_path: Path) -> None:
    first = load_profile(make_profile())
    (tmp_path / "deeper").mkdir()
    moved = tmp_path / "deeper" / "mine"
    (tmp_path / "mine").rename(moved)
    second = load_profile(moved)
    assert first.digest == second.digest
    assert str(tmp_path) not in second.text
    assert [layer.profile.path for layer in read_layers(moved)] == [str(moved / "profile.toml")]
