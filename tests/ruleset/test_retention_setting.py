from __future__ import annotations

import pytest

from vigiles.ruleset.compile import compile_layers
from vigiles.ruleset.layer import Layer, Source
from vigiles.ruleset.load import schema
from vigiles.ruleset.mistake import ProfileInvalid
from vigiles.ruleset.profile import Profile


def profile(text: str) -> Profile:
    rules = Source(name="p/rules.cedar", path="rules.cedar", text='@id("all") permit (principal, action, resource);')
    source = Source(name="p/profile.toml", path="profile.toml", text=f'name = "p"\n{text}')
    return compile_layers([Layer(profile=source, rules=rules)], schema()).profile


def test_days_are_read() -> None:
    kept = profile('[retention]\nbodies_days = 30\n[retention.days]\nincident = "unlimited"\nflow = 7\n').retention
    assert (kept.bodies_days, kept.days) == (30, {"incident": None, "flow": 7})
    assert profile("").retention.bodies_days is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[retention]\nbodies_days = 0\n", "no number of days"),
        ("[retention]\nbodies_days = -5\n", "no number of days"),
        ("[retention.days]\nflow = 40_000\n", "no number of days"),
        ("[retention.days]\nflows = 4\n", "no record type"),
        ("[retention.days]\nerasure = 4\n", "no record type"),
        ('[preflight]\nsecret_file = "stop"\n', "secret_file"),
    ],
)
def test_mistakes_are_named(text: str, said: str) -> None:
    with pytest.raises(ProfileInvalid, match=said):
        profile(text)
