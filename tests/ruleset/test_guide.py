"""The guide documents every key, and only keys that exist; its examples load and say what the guide says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import msgspec

from vigiles.model.feedback import DEFAULT_FEEDBACK, FeedbackValue
from vigiles.model.observation.files import FileFlag
from vigiles.model.reason import REASON_CODES
from vigiles.model.response import ResponseKind
from vigiles.protocols.http import Framing
from vigiles.ruleset.load import load_profile, shipped
from vigiles.ruleset.profile import Profile
from vigiles.ruleset.requests import RequestRules

GUIDE = (Path(__file__).parents[2] / "docs/guides/profile.md").read_text("utf-8")


def keys(kind: type[msgspec.Struct], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            found |= keys(field.type, f"{field.name}.")
            continue
        found.add(prefix + field.name)
        for item in get_args(field.type):
            if isinstance(item, type) and issubclass(item, msgspec.Struct):
                found |= keys(item, f"{prefix}{field.name}.")
    return found


def documented() -> set[str]:
    tables = GUIDE[GUIDE.index("## Every key") :]
    return set(re.findall(r"^\| `([a-z_.]+)` \|", tables, re.MULTILINE)) - set(get_args(FeedbackValue))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_every_key_is_documented_and_no_other() -> None:
    assert documented() == keys(Profile) | {"extends"}


def test_documented_defaults_are_the_defaults() -> None:
    profile = Profile(name="p")
    for table, name, number in re.findall(r"^\| `(\w+)\.(\w+)` \|[^|]*default ([0-9]+) (?!GiB|MiB)?", GUIDE, re.MULTILINE):
        value = getattr(getattr(profile, table), name)
        assert value in (int(number), int(number) << 20, int(number) << 30), name
    for table, name, word in re.findall(r'^\| `(\w+)\.(\w+)` \|[^|]*?(?:`"(\w+)"`|true) \(default\)', GUIDE, re.MULTILINE):
        assert getattr(getattr(profile, table), name) == (None if word == "unlimited" else word or True), name


def test_the_request_rules_load_and_say_what_the_guide_says(make_profile: Callable[..., Path]) -> None:
    (text,) = [block for block in blocks("toml") if "[[egress.requests]]" in block]
    ruleset = load_profile(make_profile(text, name="my-agent"))
    rules = RequestRules(ruleset.profile.egress.requests)

    def asked(host: str, method: str, target: str, size: int = 0) -> str:
        return rules.judge(host, 443, method, target, [], Framing(kind="length", size=size)).reason

    assert asked("mirror.example.org", "GET", "/simple/pip/") == "allowed"
    assert asked("mirror.example.org", "PUT", "/simple/pip/") == "request_method"
    assert asked("git.example.org", "GET", "/our-team/tool.git/info/refs?service=git-upload-pack") == "allowed"
    assert asked("git.example.org", "POST", "/our-team/tool.git/git-upload-pack", 900_000) == "allowed"
    assert asked("git.example.org", "GET", "/other/tool.git/info/refs?service=git-upload-pack") == "request_path"
    assert asked("git.example.org", "POST", "/our-team/tool.git/git-receive-pack", 10) == "request_path"
    assert asked("api.example.org", "POST", "/v1/messages", 2_000_000) == "allowed"
    assert asked("api.example.org", "POST", "/v1/messages", 2_000_001) == "request_body"


def test_the_first_profile_and_the_rules_load(make_profile: Callable[..., Path]) -> None:
    ruleset = load_profile(make_profile(blocks("toml")[0], blocks("cedar")[0], name="my-agent"))
    assert ruleset.profile.name == "my-agent"
    assert "packages.example.org:443" in ruleset.profile.egress.hosts
    assert [rule.decision for rule in ruleset.rules][-3:] == ["deny", "hold", "stop"]


def test_the_feedback_table_is_the_default() -> None:
    table = GUIDE[GUIDE.index("| Default | Reason codes |") :]
    said = {
        code: value
        for value, codes in re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", codes)
    }
    assert said == {code: DEFAULT_FEEDBACK.get(code, "nothing") for code in REASON_CODES}


def test_every_word_of_a_closed_list_is_named() -> None:
    for word in (*get_args(FileFlag), *get_args(ResponseKind), *get_args(FeedbackValue), *shipped()):
        assert f"`{word}`" in GUIDE, word
