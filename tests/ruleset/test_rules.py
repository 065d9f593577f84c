from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.ruleset.layer import Source
from vigiles.ruleset.mistake import Mistake
from vigiles.ruleset.rules import Rule, parse_rules, statements


def parse(text: str) -> tuple[list[Rule], list[Mistake]]:
    return parse_rules([Source(name="p/rules.cedar", path="/p/rules.cedar", text=text)])


GOOD = """// what this is; with a semicolon
@id("first")
@note("says why; twice")
permit (principal, action, resource);

  // between
@id("second") @decision("stop") @reason("egress_protocol")
forbid (principal, action, resource)
when { context.arguments.hasTag("a;\\"b//c") }; // after
@id("third") @decision("hold") forbid (principal, action, resource);
// the end"""


def test_rules_have_their_place_and_text() -> None:
    rules, mistakes = parse(GOOD)
    assert mistakes == []
    assert [(rule.id, rule.line, rule.decision, rule.reason) for rule in rules] == [
        ("first", 2, "permit", "allowed"),
        ("second", 7, "stop", "egress_protocol"),
        ("third", 10, "hold", "rule_forbids"),
    ]
    assert rules[0].note == "says why; twice"
    assert rules[1].text.startswith('@id("second")')
    assert rules[1].text.endswith("};")


@pytest.mark.parametrize(
    ("text", "line", "where", "what", "hint"),
    [
        ("\npermit (principal, action, resource);", 2, "rule", "no @id", "@id"),
        ('@id("")permit (principal, action, resource);', 1, "rule ", "no @id", "@id"),
        ('@id("A b") permit (principal, action, resource);', 1, "rule A b", "lower-case", ""),
        ('@id("x") permit (principal action, resource);', 1, "rule x", "Cedar cannot read", "docs.cedarpolicy.com"),
        ('@id("x") permit (principal, action, resource)', 1, "rule x", "no end", "semicolon"),
        ('@id("x") permit (principal, action, resource) when { "a };', 1, "rule x", "Cedar cannot read", ""),
        ('@id("x") permit (principal, action, resource) when { "a }', 1, "rule x", "no end", "quote"),
        ('@id("x") permit (principal == ?principal, action, resource);', 1, "rule x", "slots", ""),
        ('@id("x") @desicion("hold") forbid (principal, action, resource);', 1, "rule x", "@desicion", "decision"),
        ('@id("x") @decision("kill") forbid (principal, action, resource);', 1, "rule x", "kill", ""),
        ('@id("x") @reason("rule_forbid") forbid (principal, action, resource);', 1, "rule x", "no reason", "rule_forbids"),
        ('@id("x") @reason("allowed") forbid (principal, action, resource);', 1, "rule x", "no reason", ""),
        ('@id("x") @decision("hold") permit (principal, action, resource);', 1, "rule x", "belong to a forbid", ""),
        ("\n\n;", 3, "rule", "", ""),
    ],
)
def test_each_mistake_names_rule_and_line(text: str, line: int, where: str, what: str, hint: str) -> None:
    rules, mistakes = parse(text)
    assert rules == []
    (mistake,) = mistakes
    assert (mistake.file, mistake.line, mistake.where) == ("/p/rules.cedar", line, where)
    assert what in mistake.what
    assert hint in mistake.hint
    assert mistake.source == text.split("\n")[line - 1].strip()


def test_an_id_is_used_once_over_all_files() -> None:
    text = '@id("x") permit (principal, action, resource);'
    one, two = (Source(name=name, path=f"/{name}", text=text) for name in ("a/rules.cedar", "b/rules.cedar"))
    rules, mistakes = parse_rules([one, two])
    assert len(rules) == 1
    assert (mistakes[0].file, "/a/rules.cedar:1" in mistakes[0].what) == ("/b/rules.cedar", True)


PIECES = st.sampled_from(["permit", '"a;b"', '"\\""', "// c;\n", ";", "\n", " ", "(", '"', "x"])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_statements_stand_where_they_say(text: str) -> None:
    lines = text.split("\n")
    found = list(statements(text))
    for statement in found:
        assert statement.text.split("\n")[0] in lines[statement.line - 1]
        assert not statement.text.startswith(("//", " ", "\n"))
    assert all(statement.complete and statement.text.endswith(";") for statement in found[:-1])
    assert [statement.line for statement in found] == sorted(statement.line for statement in found)


@given(st.lists(st.sampled_from(["permit (a)", 'x "a;b"', '"\\";"'])), st.sampled_from([" ", "\n", " // c; d\n"]))
def test_statements_are_all_found(parts: list[str], between: str) -> None:
    text = between + between.join(f"{part};" for part in parts)
    assert [statement.text for statement in statements(text)] == [f"{part};" for part in parts]


@given(st.text(max_size=60))
def test_any_text_gives_rules_or_mistakes(text: str) -> None:
    rules, mistakes = parse(text)
    assert len(rules) + len(mistakes) >= len(list(statements(text)))
