from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ruleset.compile import Ruleset, compile_layers, layers_of, merge
from vigiles.ruleset.layer import Layer, Source
from vigiles.ruleset.load import schema
from vigiles.ruleset.mistake import Mistake, ProfileInvalid

PERMIT = '@id("all") permit (principal, action, resource);\n'


def layer(profile: str, rules: str | None = PERMIT, name: str = "mine") -> Layer:
    source = Source(name=f"{name}/profile.toml", path=f"/x/{name}/profile.toml", text=profile)
    if rules is None:
        return Layer(profile=source)
    return Layer(profile=source, rules=Source(name=f"{name}/rules.cedar", path=f"/x/{name}/rules.cedar", text=rules))


def compiled(*layers: Layer) -> Ruleset:
    return compile_layers(layers, schema())


def mistakes(*layers: Layer) -> list[Mistake]:
    with pytest.raises(ProfileInvalid) as caught:
        compiled(*layers)
    return caught.value.mistakes


def test_an_empty_profile_has_safe_defaults() -> None:
    profile = compiled(layer("")).profile
    assert (profile.name, profile.mode, profile.egress.mode, profile.files.apply) == ("mine", "enforce", "none", "review")
    assert profile.environment.allow == []


def test_values_are_read() -> None:
    text = """
name = "other"
tier = "U-"
[egress]
mode = "allow"
hosts = ["a.example:443"]
[egress.pins]
"a.example:443" = "203.0.113.1"
[budgets]
calls = 3
cpu_seconds_call = "unlimited"
[responses]
high = ["cut_egress", "freeze"]
[responses.detectors.stratum]
low = ["freeze"]
[feedback]
egress_host = "penalty"
"stratum.conversation" = "mask"
"""
    profile = compiled(layer(text)).profile
    assert (profile.name, profile.tier) == ("other", "U-")
    assert profile.egress.pins == {"a.example:443": "203.0.113.1"}
    assert (profile.budgets.calls, profile.budgets.cpu_seconds_call) == (3, None)
    assert profile.responses.kinds("high", "stratum") == ["cut_egress", "freeze"]
    assert profile.responses.kinds("low", "stratum") == ["freeze"]
    assert profile.responses.kinds("low", "other") == []
    assert profile.feedback == {"egress_host": "penalty", "stratum.conversation": "mask"}


@pytest.mark.parametrize(
    ("text", "line", "where", "what", "hint"),
    [
        ('a = 1\nteir = "U"', 1, "a", "unknown key", "Known here"),
        ('\nteir = "U"', 2, "teir", "unknown key", "tier"),
        ('tier = "W"', 1, "tier", "invalid enum value", "U-"),
        ("tier = 3", 1, "tier", "", "One of"),
        ('name = "Big Name"', 1, "name", "lower-case", ""),
        ("name = 3", 1, "name", "lower-case", ""),
        ("[egress]\nhost = []", 2, "egress.host", "unknown key", "hosts"),
        ("egress = 3", 1, "egress", "table", ""),
        ('[egress]\nmode = "allow"\nhosts = ["a.example"]', 3, "egress.hosts", "no host:port", "host:port"),
        ('[egress]\nmode = "allow"\nhosts = ["*.example:443"]', 3, "egress.hosts", "label", "host:port"),
        ('[egress]\nmode = "allow"\nhosts = ["A.example:443"]', 3, "egress.hosts", "canonical", "a.example:443"),
        ('[egress]\nhosts = ["a.example:443"]', 2, "egress.hosts", "no effect", "allow"),
        ('[egress]\nmode = "allow"\nupgrade = ["a.example:443"]', 3, "egress.upgrade", "not in hosts", "hosts"),
        ('[egress.pins]\n"a.example:443" = "b.example"', 2, "egress.pins.a.example:443", "no IP address", ""),
        ('[egress.pins]\n"a.example" = "192.0.2.1"', 2, "egress.pins.a.example", "no host:port", ""),
        ('[egress]\nrefused_ranges = ["10.0.0.1/8"]', 2, "egress.refused_ranges", "host bits", ""),
        ('[egress]\nallow_protocols = ["ssh"]', 2, "egress.allow_protocols", "invalid", "tls"),
        ('[egress]\ndns_max_queries = "5"', 2, "egress.dns_max_queries", "expected", ""),
        ("[egress]\ndns_max_queries = true", 2, "egress.dns_max_queries", "expected", ""),
        ("[egress]\ntransparent = 1", 2, "egress.transparent", "expected", ""),
        ("[egress]\nidle_ms = 0", 2, "egress.idle_ms", ">= 1", ""),
        ("[budgets]\ncalls = -1", 2, "budgets.calls", ">= 0", "unlimited"),
        ("[budgets]\nprocesses = 0", 2, "budgets.processes", ">= 1", "unlimited"),
        ("[budgets]\ncalls = 1.5", 2, "budgets.calls", "expected", "unlimited"),
        ('[files]\nread = ["data"]', 2, "files.read", "absolute", "/path"),
        ('[files]\nread = ["~user/x"]', 2, "files.read", "absolute", "/path"),
        ('[files]\nwrite = ["/a/../etc"]', 2, "files.write", "..", ""),
        ('[files]\nwrite = ["/"]', 2, "files.write", "whole file system", ""),
        ('[files]\nheld = ["git_hooks"]', 2, "files.held", "invalid", "git_hook"),
        ('[environment]\nallow = ["LC_*"]', 2, "environment.allow", "no environment variable", "exactly"),
        ('[environment.set]\n"A B" = "x"', 1, "environment.set", "no environment variable", ""),
        ('[responses]\nhigh = ["cut"]', 2, "responses.high", "invalid", ""),
        ('[responses.detectors.stratum]\nhi = ["freeze"]', 2, "responses.detectors.stratum.hi", "unknown key", "high"),
        ('[feedback]\nrule_forbid = "penalty"', 2, "feedback.rule_forbid", "neither", "rule_forbids"),
        ('[feedback]\nrule_forbids = "fine"', 2, "feedback.rule_forbids", "invalid", "One of"),
        ("x = = 1", 1, "", "", ""),
        ("\n[egress]\n[egress]", 3, "", "", ""),
    ],
)
def test_a_mistake_names_file_line_and_key(text: str, line: int, where: str, what: str, hint: str) -> None:
    found = mistakes(layer(text))
    if text.startswith("a = 1"):
        found = found[:1]
    (mistake,) = found
    assert mistake.file == "/x/mine/profile.toml"
    assert mistake.line == line
    assert mistake.where.startswith(where)
    assert what in mistake.what
    assert hint in mistake.hint
    assert mistake.source == text.split("\n")[line - 1].strip()


def test_all_mistakes_come_at_once_in_order() -> None:
    rules = (
        '@id("a") permit (principal is Agnt, action, resource);\n'
        '@id("b") forbid (principal, action, resource)\nwhen { context.prgram == "a" };'
    )
    found = mistakes(layer('tier = "W"\n[egress]\nmode = "allow"\nhosts = ["b"]\n[budgets]\nx = 1', rules))
    assert [(mistake.file.rpartition("/")[2], mistake.line, mistake.where) for mistake in found] == [
        ("profile.toml", 1, "tier"),
        ("profile.toml", 4, "egress.hosts"),
        ("profile.toml", 6, "budgets.x"),
        ("rules.cedar", 1, "rule a"),
        ("rules.cedar", 2, "rule b"),
    ]
    assert "Agent" in found[3].hint
    assert "program" in found[4].hint
    error = ProfileInvalid(found)
    assert str(error).startswith("/x/mine/profile.toml:1: tier:")
    assert "(and 4 more" in str(error)
    assert error.remedy
    assert error.exit_code == 101


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ('forbid (principal, action, resource) when { context.cwd == "/" };', "cwd"),
        ('forbid (principal, action == Action::"proces", resource);', "proces"),
        ('forbid (principal, action, resource == File::"x");', "File"),
        ('forbid (principal, action, resource) when { context.call == "1" };', "not compatible"),
        ('forbid (principal, action, resource) when { context.arguments.getTag("path") == "x" };', "tag"),
        ('forbid (principal == User::"alice", action, resource);', "User"),
    ],
)
def test_rules_are_checked_against_the_schema(rule: str, what: str) -> None:
    (mistake, *_) = mistakes(layer("", f'{PERMIT}\n@id("r")\n{rule}'))
    assert (mistake.file, mistake.line, mistake.where) == ("/x/mine/rules.cedar", 3, "rule r")
    assert what in mistake.what
    assert mistake.source == '@id("r")'
    assert "policy" not in mistake.what


def test_a_profile_that_permits_nothing_is_a_mistake() -> None:
    (mistake,) = mistakes(layer("", None))
    assert "permits" in mistake.what
    (mistake,) = mistakes(layer("", '@id("no") forbid (principal, action, resource);'))
    assert mistake.file == "/x/mine/rules.cedar"


BASE = layer(
    'name = "base"\n[egress]\nmode = "allow"\nhosts = ["a.example:1"]\n[budgets]\ncalls = 5\nprocesses = 7', name="base"
)


def test_a_layer_overrides_single_keys_and_adds_rules() -> None:
    over = layer(
        '[egress]\nhosts = ["b.example:2"]\n[budgets]\ncalls = "unlimited"',
        '@id("no") forbid (principal, action, resource);',
    )
    ruleset = compiled(BASE, over)
    assert ruleset.profile.name == "mine", "not its base's name: it is another profile"
    assert (ruleset.profile.egress.mode, ruleset.profile.egress.hosts) == ("allow", ["b.example:2"])
    assert (ruleset.profile.budgets.calls, ruleset.profile.budgets.processes) == (None, 7)
    assert [rule.id for rule in ruleset.rules] == ["all", "no"]


@pytest.mark.parametrize(
    ("folder", "name"), [("My_Agent.v2", "my-agent-v2"), ("__", "profile"), ("x" * 80, "x" * 64), ("日本", "profile")]
)
def test_a_folder_gives_its_name(folder: str, name: str) -> None:
    assert compiled(layer("", name=folder)).profile.name == name


def test_a_mistake_is_in_the_layer_that_wrote_it() -> None:
    (mistake,) = mistakes(layer("[budgets]\ncalls = -1", name="base"), layer("[budgets]\nprocesses = 1", None))
    assert (mistake.file, mistake.line) == ("/x/base/profile.toml", 2)
    (mistake,) = mistakes(BASE, layer("[budgets]\nprocesses = 1\ncalls = -1", None))
    assert (mistake.file, mistake.line) == ("/x/mine/profile.toml", 3)


def test_the_digest_names_the_exact_texts() -> None:
    one, two = compiled(layer("")), compiled(layer("# a comment"))
    assert one.digest != two.digest != compiled(layer("# a comment", PERMIT + "// x")).digest
    assert one.digest == hashlib.sha256(one.text.encode()).hexdigest()
    moved = Layer(profile=Source(name="mine/profile.toml", path="/elsewhere", text=""), rules=layer("").rules)
    assert compiled(moved).digest == one.digest


def test_a_ledger_text_compiles_to_the_same_ruleset() -> None:
    ruleset = compiled(
        BASE, layer("# ünïcode", None), layer("[budgets]\ncalls = 1", '@id("no") forbid (principal, action, resource);')
    )
    again = compile_layers(layers_of(ruleset.text), schema())
    assert (again.digest, again.profile, [rule.id for rule in again.rules]) == (
        ruleset.digest,
        ruleset.profile,
        ["all", "no"],
    )
    for bad in ("", "[]x", '[{"file": "x"}]', "3"):
        with pytest.raises(ProfileInvalid):
            layers_of(bad)


TABLES = st.recursive(
    st.integers() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)
TABLE = st.dictionaries(st.sampled_from("abc"), TABLES)


@given(TABLE, TABLE, TABLE)
def test_merge_is_what_overriding_means(base: dict[str, Any], over: dict[str, Any], top: dict[str, Any]) -> None:
    assert merge(base, {}) == base
    assert merge({}, over) == over
    assert merge(merge(base, over), over) == merge(base, over)
    for key, value in over.items():
        if not isinstance(value, dict):
            assert merge(base, over)[key] == value
    assert base.keys() | over.keys() == merge(base, over).keys()
