"""Credentials in a profile's file are tables of their own, and mistakes in them have a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from vigiles.model.errors import RulesetInvalid
from vigiles.ruleset.credential import Credential
from vigiles.ruleset.load import load_profile

TEXT = """extends = "rl-rollout"
name = "mine"
[egress]
hosts = ["api.example:443"]
tls = "terminate"
[[egress.credentials]]
name = "api"
hosts = ["api.example:443"]
variable = "API_KEY"
from_variable = "REAL_KEY"
"""


def _load(folder: Path, text: str) -> list[Credential]:
    (folder / "profile.toml").write_text(text)
    return load_profile(folder).profile.egress.credentials


def test_they_are_read_and_no_secret_is_in_the_rules_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REAL_KEY", "s3cr3t-value")
    (one,) = _load(tmp_path, TEXT)
    assert one == Credential(name="api", hosts=["api.example:443"], variable="API_KEY", from_variable="REAL_KEY")
    assert "s3cr3t" not in load_profile(tmp_path).text


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [('"API_KEY"', '"A KEY"', 9), ("443", "0443", 4), ('"REAL_KEY"', '""', 6)],
)
def test_mistakes_have_a_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    with pytest.raises(RulesetInvalid, match=f":{line}"):
        _load(tmp_path, TEXT.replace(old, new))
