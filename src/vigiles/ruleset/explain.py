"""What a ruleset would answer, and by which lines: for ``vigiles rules explain`` and for tests of profiles. Pure."""

from __future__ import annotations

import msgspec

from vigiles.model.act import Act
from vigiles.model.observation.files import FileFlag
from vigiles.model.reason import ReasonCode, agent_text
from vigiles.model.verdict import Decision
from vigiles.protocols.http import Framing
from vigiles.ruleset.budgets import BudgetState
from vigiles.ruleset.compile import Ruleset
from vigiles.ruleset.egress import HostInvalid, canonical_host, decide_address, decide_host, join_host_port, pinned
from vigiles.ruleset.feedback import feedback_for
from vigiles.ruleset.flags import file_flags
from vigiles.ruleset.judge import PrincipalRef
from vigiles.ruleset.positions import indexed
from vigiles.ruleset.request_rule import RequestRule
from vigiles.ruleset.requests import RequestRules
from vigiles.ruleset.rules import Rule


class ActAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``rules`` decided; ``limits`` are the budgets that apply, by name. ``says`` is what the agent is told."""

    decision: Decision
    reason: ReasonCode
    unenforced: ReasonCode | None
    rules: list[Rule]
    limits: dict[str, int]
    feedback: str
    says: str


class RequestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``allowed`` says whether the door would forward it, as ``target``; ``rule`` is the key of the table that allows it,
    None where the host has no table or none allows it. Limits in bytes and seconds; None is no limit.
    """

    allowed: bool
    reason: ReasonCode
    target: str
    rule: str | None
    max_request_bytes: int | None
    max_response_bytes: int | None
    max_seconds: int | None
    feedback: str


class ConnectAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``allowed`` says whether the door would dial; ``host`` is the canonical ``host:port``, empty where there is none.

    ``requests`` are the request rules of this host, a line each; with one it is sent nothing that none of them lists.
    ``request`` answers what was asked about one request.
    """

    allowed: bool
    reason: ReasonCode
    host: str
    pin: str | None
    feedback: str
    note: str
    requests: list[str] = []
    request: RequestAnswer | None = None


class FileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``flags`` of the path, those of them that hold it, and what becomes of a change to it at the end."""

    path: str
    flags: list[FileFlag]
    held: list[FileFlag]
    outcome: str


def explain_act(ruleset: Ruleset, act: Act, principal: PrincipalRef) -> ActAnswer:
    """Return what the judge says of ``act`` at the start of an episode, when nothing is used up."""
    judgement = ruleset.judge.judge(act, principal, BudgetState(opened_us=act.at.mono_us))
    budgets = ruleset.profile.budgets
    values = {field: getattr(budgets, field) for field in budgets.__struct_fields__}
    return ActAnswer(
        decision=judgement.decision,
        reason=judgement.reason,
        unenforced=judgement.unenforced,
        rules=[ruleset.judge.rules[name] for name in judgement.rules],
        limits={name: value for name, value in values.items() if value is not None},
        feedback=feedback_for(ruleset.profile, [judgement.reason], []),
        says=agent_text(judgement.reason),
    )


def explain_connect(ruleset: Ruleset, host: str, port: int, address: str | None = None) -> ConnectAnswer:
    """Return what the door says of ``host``:``port``; with ``address``, of dialling it there."""
    egress = ruleset.profile.egress
    try:
        canonical = canonical_host(host)
    except HostInvalid as error:
        reason: ReasonCode = "egress_malformed"
        value = feedback_for(ruleset.profile, [reason], [])
        return ConnectAnswer(allowed=False, reason=reason, host="", pin=None, feedback=value, note=str(error))
    pin = pinned(egress, canonical, port)
    known = address or pin
    reason = decide_address(egress, canonical, port, known) if known else decide_host(egress, canonical, port)
    allowed = reason in ("allowed", "allowed_observe")
    note = ""
    if allowed and known is None:
        note = "Every address that the name resolves to is checked against the refused ranges before it is dialled."
    elif reason == "egress_address" and known is not None:
        note = f"{known} is {'not the pinned address' if pin and known != pin else 'in a refused range'}."
    return ConnectAnswer(
        allowed=allowed,
        reason=reason,
        host=join_host_port(canonical, port),
        pin=pin,
        feedback=feedback_for(ruleset.profile, [reason], []),
        note=note,
        requests=[rule_line(rule) for rule in egress.requests if rule.host == join_host_port(canonical, port)],
    )


def explain_request(ruleset: Ruleset, host: str, port: int, method: str, target: str, size: int) -> RequestAnswer:
    """Return what the door says of a request to canonical ``host`` and ``port``; ``target`` is in origin form, ``size`` its
    body's bytes. In ``observe`` mode it is what would be said.
    """
    framing = Framing(kind="length", size=size) if size else Framing(kind="none")
    verdict = RequestRules(ruleset.profile.egress.requests).judge(host, port, method, target, [], framing)
    return RequestAnswer(
        allowed=verdict.reason == "allowed",
        reason=verdict.reason,
        target=verdict.target,
        rule=None if verdict.rule is None else f"egress.{indexed('requests', verdict.rule)}",
        max_request_bytes=verdict.max_request_bytes,
        max_response_bytes=verdict.max_response_bytes,
        max_seconds=verdict.max_seconds,
        feedback=feedback_for(ruleset.profile, [verdict.reason], []),
    )


def rule_line(rule: RequestRule) -> str:
    """Return a request rule in one line, as a person says it."""
    what = rule.preset or " ".join(rule.methods)
    words = [rule.host, what, " ".join(rule.paths) or "/**"]
    if rule.preset is None:
        asked = f"query {rule.query}" if isinstance(rule.query, str) else f"query {' or '.join(rule.query)}"
        words += [asked, f"body at most {rule.max_request_bytes}" if rule.max_request_bytes is not None else "any body"]
    words += [f"answer at most {rule.max_response_bytes}"] if rule.max_response_bytes is not None else []
    words += [f"within {rule.max_seconds} s"] if rule.max_seconds is not None else []
    return ", ".join(words)


def explain_file(ruleset: Ruleset, path: str) -> FileAnswer:
    """Return what becomes of a change to ``path`` inside the working directory."""
    files = ruleset.profile.files
    flags = file_flags(path)
    held = [flag for flag in flags if flag in files.held]
    if files.workdir == "read_only":
        outcome = "refused: the working directory is read-only"
    elif files.workdir == "direct":
        outcome = "made at once, in the real directory"
    elif files.apply == "discard":
        outcome = "discarded when the episode ends"
    elif files.apply == "review" and held:
        outcome = "held back when the episode ends, until a person takes it over"
    else:
        outcome = "applied when the episode ends"
    return FileAnswer(path=path, flags=flags, held=held, outcome=outcome)
