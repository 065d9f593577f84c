"""Rules: Cedar text with a place and a name for each rule, so that a verdict can point at the line that gave it.

The Cedar parser tells neither lines nor which statement is wrong, so this module cuts the text into statements first (a
statement ends at a ``;`` outside strings and comments) and lets Cedar parse each by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Literal, cast

import msgspec

from vigiles.model.reason import REASON_CODES, ReasonCode
from vigiles.ruleset.layer import Source
from vigiles.ruleset.mistake import Mistake, nearest

RuleDecision = Literal["permit", "deny", "hold", "stop"]

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|;', re.DOTALL)
_BLANK = re.compile(r"(?:\s|//[^\n]*)*")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_ID_TEXT = re.compile(r'@id\s*\(\s*"((?:\\.|[^"\\])*)"')
_ANNOTATIONS = ("id", "reason", "decision", "note", "persons")
_MOST_PERSONS = 9
_DECISIONS = ("deny", "hold", "stop")
_REFUSALS = tuple(code for code in REASON_CODES if not code.startswith("allowed") and code != "granted")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. ``file`` and ``line`` (from 1) are where its text begins; ``decision`` is what it leads to when it fires:
    ``permit``, or for a forbid ``deny`` unless ``@decision`` says otherwise. ``note`` is the author's sentence on it;
    ``persons`` must approve what a ``hold`` holds.
    """

    id: str
    decision: RuleDecision
    reason: ReasonCode
    file: str
    line: int
    text: str
    note: str = ""
    persons: int = 1


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of text up to its ``;``, without leading blanks and comments; ``complete`` is False at an early end."""

    line: int
    text: str
    complete: bool


def statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a Cedar text."""
    start = 0
    for token in _TOKEN.finditer(text):
        if token[0] == ";":
            yield _statement(text, start, token.end(), complete=True)
            start = token.end()
    rest = _statement(text, start, len(text), complete=False)
    if rest.text:
        yield rest


def _statement(text: str, start: int, end: int, *, complete: bool) -> Statement:
    blank = _BLANK.match(text, start, end)
    begin = blank.end() if blank else start
    return Statement(line=text.count("\n", 0, begin) + 1, text=text[begin:end].rstrip(), complete=complete)


def parse_rules(sources: list[Source]) -> tuple[list[Rule], list[Mistake]]:
    """Return the rules of all files in their order, and the mistakes. Each rule needs its own ``@id`` over all files."""
    rules: list[Rule] = []
    mistakes: list[Mistake] = []
    for source in sources:
        for statement in statements(source.text):
            rule = _rule(source, statement, mistakes)
            if rule is None:
                continue
            earlier = next((other for other in rules if other.id == rule.id), None)
            if earlier is not None:
                what = f"this @id is already used at {earlier.file}:{earlier.line}"
                mistakes.append(_mistake(source, statement, what, "Give each rule an @id of its own."))
            else:
                rules.append(rule)
    return rules, mistakes


def _rule(source: Source, statement: Statement, mistakes: list[Mistake]) -> Rule | None:
    count = len(mistakes)

    def complain(what: str, hint: str = "") -> None:
        mistakes.append(_mistake(source, statement, what, hint))

    parsed = _parsed(statement, complain)
    if parsed is None:
        return None
    forbids, notes = parsed
    for name in notes:
        if name not in _ANNOTATIONS:
            known = ", ".join(f"@{annotation}" for annotation in _ANNOTATIONS)
            complain(f"unknown annotation @{name}", nearest(name, _ANNOTATIONS) or f"Known: {known}.")
    identity = notes.get("id", "")
    if not identity:
        complain("it has no @id", 'Write @id("a-name") before it.')
    elif not _ID.fullmatch(identity):
        complain("an @id is lower-case letters, digits, dots, hyphens and underscores, at most 64")
    if not forbids and ("decision" in notes or "reason" in notes):
        complain("@decision and @reason belong to a forbid", "A permit only allows; write a forbid beside it.")
    decision = notes.get("decision", "deny") if forbids else "permit"
    if forbids and decision not in _DECISIONS:
        complain(f'@decision("{decision}") is none of {", ".join(_DECISIONS)}', nearest(decision, _DECISIONS))
    reason = notes.get("reason", "rule_forbids") if forbids else "allowed"
    if forbids and reason not in _REFUSALS:
        complain(f'@reason("{reason}") is no reason code that refuses', nearest(reason, _REFUSALS))
    persons = notes.get("persons", "1")
    if "persons" in notes and decision != "hold":
        complain("@persons belongs to a rule that holds", 'Write @decision("hold") beside it.')
    if not (persons.isascii() and persons.isdecimal() and 1 <= int(persons[:4]) <= _MOST_PERSONS):
        complain(f'@persons("{persons}") is no number from 1 to {_MOST_PERSONS}')
    if len(mistakes) > count:
        return None
    return Rule(
        id=identity,
        decision=cast(RuleDecision, decision),
        reason=cast(ReasonCode, reason),
        file=source.path,
        line=statement.line,
        text=statement.text,
        note=notes.get("note", ""),
        persons=int(persons),
    )


def _parsed(statement: Statement, complain: Callable[..., None]) -> tuple[bool, dict[str, str]] | None:
    """Return (is it a forbid, its annotations), or None after a complaint."""
    import cedarpy

    if not statement.complete:
        complain("the rule has no end", "End it with a semicolon, and every string with a quote.")
        return None
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(statement.text))
    except ValueError as error:
        complain(f"Cedar cannot read this rule: {error}", "See https://docs.cedarpolicy.com/policies/syntax-policy.html.")
        return None
    if parsed.get("templates"):
        complain("a rule cannot have ?slots", "Name the principal and the resource, or leave them open.")
        return None
    policies = list(parsed["staticPolicies"].values())
    if len(policies) != 1:
        complain("one rule was expected here")
        return None
    return policies[0]["effect"] == "forbid", policies[0].get("annotations", {})


def _mistake(source: Source, statement: Statement, what: str, hint: str) -> Mistake:
    identity = _ID_TEXT.search(statement.text)
    where = f"rule {identity[1]}" if identity else "rule"
    return Mistake(
        file=source.path, line=statement.line, where=where, what=what, hint=hint, source=source.line(statement.line)
    )
