"""Texts to a ruleset, or to every mistake in them. Pure: the same texts give the same ruleset and digest anywhere."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from vigiles.model import canonical
from vigiles.ruleset.checks import check_profile
from vigiles.ruleset.fields import struct_from
from vigiles.ruleset.judge import Judge
from vigiles.ruleset.layer import Layer, Source
from vigiles.ruleset.mistake import Mistake, ProfileInvalid, nearest
from vigiles.ruleset.positions import error_line, key_lines, line_of, prefixes
from vigiles.ruleset.profile import Profile
from vigiles.ruleset.rules import Rule, parse_rules

if TYPE_CHECKING:
    from cedarpy import Schema

_POLICY = re.compile(r"(?:for )?policy `policy\d+`[,:]? *")
_CONSEQUENCE = "unable to find an applicable action"
_NOT_NAME = re.compile(r"[^a-z0-9-]+")
_QUOTED = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Ruleset(msgspec.Struct, frozen=True, kw_only=True):
    """A profile that loaded. ``text`` is the canonical JSON list of its files (``file``, ``text``), base first;
    ``digest`` is that text's SHA-256, so a ledger that holds the text proves which rules were in force.
    """

    profile: Profile
    judge: Judge
    rules: list[Rule]
    digest: str
    text: str


@lru_cache(maxsize=256)
def extends(source: Source) -> str | None:
    """Return what a profile file says it extends, or None (also where the file cannot be read: compiling says why)."""
    try:
        value = tomllib.loads(source.text).get("extends")
    except tomllib.TOMLDecodeError:
        return None
    return value if isinstance(value, str) else None


def compile_layers(layers: Sequence[Layer], schema: str) -> Ruleset:
    """Return the ruleset of ``layers``, the base first; ``schema`` is the Cedar schema's text.

    Raises :class:`ProfileInvalid` with every mistake found.
    """
    profile, mistakes = _profile(layers)
    sources = [layer.rules for layer in layers if layer.rules is not None]
    rules, rule_mistakes = parse_rules(sources)
    mistakes += rule_mistakes
    mistakes += _against_schema(rules, schema)
    order = [source.path for layer in layers for source in (layer.profile, layer.rules) if source is not None]
    mistakes.sort(key=lambda mistake: (order.index(mistake.file), mistake.line))
    # Where a file could not be read nobody knows what it extends, and so which rules there would be.
    if profile is not None and not rule_mistakes and not any(rule.decision == "permit" for rule in rules):
        place = sources[-1].path if sources else layers[-1].profile.path
        what = "no rule permits anything, so every act is denied"
        hint = "Write a permit in rules.cedar, or extend a profile that has one."
        mistakes.append(Mistake(file=place, line=0, where="", what=what, hint=hint))
    if mistakes or profile is None:
        raise ProfileInvalid(mistakes)
    files = [source for layer in layers for source in (layer.profile, layer.rules) if source is not None]
    text = canonical.encode([{"file": source.name, "text": source.text} for source in files])
    return Ruleset(
        profile=profile,
        judge=Judge(profile, rules),
        rules=rules,
        digest=hashlib.sha256(text).hexdigest(),
        text=text.decode(),
    )


def layers_of(text: str) -> list[Layer]:
    """Return the layers that a ruleset's ``text`` was made of, so that a ledger's ruleset can be compiled again.

    Raises :class:`ProfileInvalid` where the text is not such a list.
    """
    try:
        files = msgspec.json.decode(text, type=list[dict[str, str]])
        sources = [Source(name=file["file"], path=file["file"], text=file["text"]) for file in files]
    except (msgspec.MsgspecError, KeyError):
        raise ProfileInvalid([Mistake(file="ruleset text", line=0, where="", what="this is no ruleset's text")]) from None
    layers: list[Layer] = []
    for source in sources:
        if source.name.endswith(".toml"):
            layers.append(Layer(profile=source))
        elif layers:
            layers[-1] = Layer(profile=layers[-1].profile, rules=source)
    return layers


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the keys of ``over`` put in: tables key by key, everything else (lists too) replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _profile(layers: Sequence[Layer]) -> tuple[Profile | None, list[Mistake]]:
    """Return the profile, None where a file of it could not even be read, and every mistake."""
    mistakes: list[Mistake] = []
    values: dict[str, Any] = {}
    lines: list[tuple[Source, dict[tuple[str, ...], int]]] = []
    for layer in layers:
        source = layer.profile
        lines.append((source, key_lines(source.text)))
        try:
            own = tomllib.loads(source.text)
        except tomllib.TOMLDecodeError as error:
            at = error_line(str(error))
            mistakes.append(Mistake(file=source.path, line=at, where="", what=str(error), source=source.line(at)))
            continue
        if not isinstance(own.pop("extends", ""), str):
            at = lines[-1][1].get(("extends",), 0)
            what = "extends must be one name or path in quotes"
            mistakes.append(Mistake(file=source.path, line=at, where="extends", what=what, source=source.line(at)))
        # A profile that does not say its name has its folder's; never its base's, which it differs from.
        values = merge(values, {"name": _named_after(source), **own})
    if mistakes:
        return None, mistakes

    def complain(path: tuple[str, ...], what: str, hint: str) -> None:
        source, line = _place(lines, path)
        mistakes.append(
            Mistake(file=source.path, line=line, where=".".join(path), what=what, hint=hint, source=source.line(line))
        )

    if not isinstance(values["name"], str):
        values["name"] = ""
    profile = struct_from(Profile, values, (), complain)
    check_profile(profile, complain, whole=not mistakes)
    return profile, mistakes


def _named_after(source: Source) -> str:
    return _NOT_NAME.sub("-", source.name.partition("/")[0].lower()).strip("-")[:64] or "profile"


def _place(lines: list[tuple[Source, dict[tuple[str, ...], int]]], path: tuple[str, ...]) -> tuple[Source, int]:
    """Return the topmost file, and its line, that writes the longest part of ``path``."""
    for known in prefixes(path):
        for source, found in reversed(lines):
            if known in found:
                return source, line_of(found, known)
    return lines[-1][0], 0


@lru_cache(maxsize=4)
def _parsed(schema: str) -> Schema:
    from cedarpy import Schema

    return Schema.from_str(schema)


def _against_schema(rules: Sequence[Rule], schema: str) -> list[Mistake]:
    from cedarpy import validate_policies

    found: list[Mistake] = []
    for rule in rules:
        result = validate_policies(rule.text, _parsed(schema))
        said: set[str] = set()
        for error in sorted(result.errors, key=lambda error: _CONSEQUENCE in error.error):
            what = _POLICY.sub("", error.error)
            if said and _CONSEQUENCE in what:
                continue
            # The same mistake is reported once for each kind of act; one of them tells enough.
            key = what.partition(" in context for Action")[0].partition(" for Action")[0]
            if key in said:
                continue
            said.add(key)
            first = rule.text.partition("\n")[0].strip()
            found.append(
                Mistake(
                    file=rule.file,
                    line=rule.line,
                    where=f"rule {rule.id}",
                    what=what,
                    hint=_meant(what, schema),
                    source=first,
                )
            )
    return found


def _meant(what: str, schema: str) -> str:
    """Return a hint for the last name that a Cedar message quotes, where one of the schema's names is near it."""
    known = set(_WORD.findall(re.sub(r"//[^\n]*", "", schema)))
    for quoted in _QUOTED.findall(what):
        for word in _WORD.findall(quoted):
            if word not in known and (hint := nearest(word, sorted(known))):
                return hint
    return "Guard what may be missing with `has` or `.hasTag(...)`; the schema is ruleset/schema.cedarschema."
