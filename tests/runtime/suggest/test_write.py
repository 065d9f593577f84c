from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vigiles.ruleset.compile import Ruleset, compile_layers
from vigiles.ruleset.layer import Layer, Source
from vigiles.ruleset.load import load_profile, schema
from vigiles.ruleset.profile import Environment
from vigiles.runtime.suggest.learn import Learned, Peaks
from vigiles.runtime.suggest.write import budgets, profile_text, rules_text

BASE = load_profile("observe").profile


def made(learned: Learned, base: object = BASE) -> Ruleset:
    profile = Source(name="s/profile.toml", path="p", text=profile_text(learned, "suggested", base))  # type: ignore[arg-type]  # a profile
    return compile_layers(
        [Layer(profile=profile, rules=Source(name="s/rules.cedar", path="r", text=rules_text(learned)))], schema()
    )


def test_nothing_seen_is_a_profile_that_allows_nothing(tmp_path: Path) -> None:
    ruleset = made(Learned())
    assert (ruleset.profile.mode, ruleset.profile.egress.mode) == ("enforce", "none")
    assert {rule.id for rule in ruleset.rules} == {"guard-responds", "people-approve", "agents-judge-nothing"}


def test_what_was_learned_is_in_it() -> None:
    learned = Learned(hosts={"[2001:db8::1]:443", "a.example:80"}, programs={"python3", "git"})
    learned.tools = {("tool_call", "look.up"), ("message", "send@x")}
    ruleset = made(learned)
    assert ruleset.profile.egress.hosts == ["[2001:db8::1]:443", "a.example:80"]
    assert {rule.id for rule in ruleset.rules} >= {"seen-programs", "seen-tool-call", "seen-message"}
    assert ruleset.profile.environment.allow == BASE.environment.allow


def test_budgets_have_head_room() -> None:
    learned = Learned(peaks=Peaks(calls=400, egress_bytes_call=1 << 30, wall_us_call=1_000_000_001))
    told = budgets(learned, network=True)
    assert (told["calls"], told["egress_bytes_call"], told["wall_seconds_call"]) == (800, 1 << 31, 3001)
    assert "egress_bytes_call" not in budgets(learned, network=False)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), st.text().filter(lambda text: "\0" not in text), max_size=3
    )
)
def test_any_environment_is_carried_over(values: dict[str, str]) -> None:
    import msgspec

    try:
        for value in values.values():
            value.encode()
    except UnicodeEncodeError:
        return
    base = msgspec.structs.replace(BASE, environment=Environment(set=values))
    assert made(Learned(), base).profile.environment.set == values
