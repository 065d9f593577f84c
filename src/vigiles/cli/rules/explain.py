"""``vigiles rules explain``: what a profile would answer to an act, a connection or a file change, and by which lines."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

import click

from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.ruleset.compile import Ruleset
    from vigiles.ruleset.explain import ActAnswer, ConnectAnswer, FileAnswer, RequestAnswer

_KINDS = ("tool_call", "process", "message", "file_change", "artifact_load", "job_launch", "approval", "response")


@dataclass(frozen=True)
class Question:
    """What is asked; exactly one of ``action``, ``connect`` and ``file`` is set."""

    action: str | None = None
    tool: str | None = None
    arguments: tuple[str, ...] = ()
    principal: str = "agent:agent"
    via: str = "api"
    connect: str | None = None
    address: str | None = None
    request: str | None = None
    body: int = 0
    file: str | None = None


@click.command("explain", help="Say what PROFILE (a shipped name or a folder) would answer, and which rule or key says so.")
@click.argument("profile")
@click.option("--action", type=click.Choice(_KINDS), help="Ask about an act of this kind.")
@click.option("--tool", help="The act's exact tool name. For a process, the default is its program.")
@click.option("--arg", "arguments", multiple=True, help="A word of a process's argv; else NAME=VALUE. Repeatable.")
@click.option("--principal", default="agent:agent", show_default=True, help="Who asks, KIND:NAME.")
@click.option("--via", type=click.Choice(["api", "shim", "agent"]), default="api", show_default=True, help="For a process.")
@click.option("--connect", metavar="HOST:PORT", help="Ask about a connection to this host.")
@click.option("--address", help="With --connect: the address that the host resolves to.")
@click.option(
    "--request", metavar="'METHOD PATH'", help="With --connect: a request to that host, for example 'GET /simple/'."
)
@click.option("--body", type=click.IntRange(min=0), default=0, metavar="BYTES", help="With --request: the size of its body.")
@click.option("--file", metavar="PATH", help="Ask about a change to this file.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def command(profile: str, as_json: bool, **options: Any) -> int:
    """Parse the command line."""
    return run(profile, Question(**options), as_json=as_json)


def run(profile: str, question: Question, *, as_json: bool) -> int:
    """Print the answer; return 0. Raises InputInvalid, NotFound, RulesetInvalid."""
    if sum(asked is not None for asked in (question.action, question.connect, question.file)) != 1:
        raise InputInvalid("ask one question", "Give exactly one of --action, --connect and --file.")
    if question.request is not None and question.connect is None:
        raise InputInvalid("a request goes to a host", "Give --connect HOST:PORT with --request.")
    from vigiles.ruleset.explain import explain_file
    from vigiles.ruleset.load import load_profile

    ruleset = load_profile(profile)
    answer: ActAnswer | ConnectAnswer | FileAnswer
    if question.action is not None:
        answer = _about_act(ruleset, question)
    elif question.connect is not None:
        answer = _about_connect(ruleset, question)
    else:
        answer = explain_file(ruleset, cast(str, question.file))
    if as_json:
        import msgspec

        # ASCII, for a profile's text is in it.
        sys.stdout.write(json.dumps(msgspec.to_builtins(answer), sort_keys=True, separators=(",", ":")) + "\n")
    else:
        _show(answer)
    return 0


def _about_act(ruleset: Ruleset, question: Question) -> ActAnswer:
    from vigiles.model.act import Act, ActKind, ProcessSpec
    from vigiles.model.plain import plain, text
    from vigiles.model.principal import PrincipalKind
    from vigiles.model.stamp import Stamp
    from vigiles.ruleset.explain import explain_act
    from vigiles.ruleset.judge import PrincipalRef

    kind, colon, name = question.principal.partition(":")
    if not colon or not name or kind not in get_args(PrincipalKind):
        known = ", ".join(get_args(PrincipalKind))
        raise InputInvalid(f"{question.principal!r} is no principal", f"Write KIND:NAME; kinds are {known}.")
    arguments: dict[str, Any] = {}
    process = None
    tool = question.tool
    if question.action == "process":
        argv = [text(word) for word in question.arguments] or [text(tool or "true")]
        process = ProcessSpec(argv=argv, via=cast(Any, question.via))
        tool = tool or argv[0].rpartition("/")[2]
    else:
        for given in question.arguments:
            key, equals, value = given.partition("=")
            if not equals:
                raise InputInvalid(f"{given!r} is no argument", "Write --arg NAME=VALUE.")
            arguments[key] = value
    act = Act(
        id="act-question",
        at=Stamp(wall_us=0, mono_us=0, boot="question"),
        principal=text(name),
        kind=cast(ActKind, question.action),
        tool=plain(tool or "any"),
        arguments=plain(arguments),
        process=process,
    )
    return explain_act(ruleset, act, PrincipalRef(kind=cast(PrincipalKind, kind), name=text(name)))


def _about_connect(ruleset: Ruleset, question: Question) -> ConnectAnswer:
    import msgspec

    from vigiles.ruleset.egress import canonical_host
    from vigiles.ruleset.explain import explain_connect, explain_request

    text = cast(str, question.connect)
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65535:
        raise InputInvalid(f"{text!r} is no host and port", "Write HOST:PORT with a port from 1 to 65535.")
    answer = explain_connect(ruleset, host, int(port), question.address)
    if question.request is None:
        return answer
    method, space, target = question.request.partition(" ")
    if not space or not target.startswith("/"):
        raise InputInvalid(f"{question.request!r} is no request", "Write 'METHOD /path', for example 'GET /simple/'.")
    if not answer.host:
        return answer
    about = explain_request(ruleset, canonical_host(host), int(port), method, target, question.body)
    return msgspec.structs.replace(answer, request=about)


def _show(answer: ActAnswer | ConnectAnswer | FileAnswer) -> None:
    from rich.console import Console
    from rich.text import Text

    from vigiles.render.text import safe

    console = Console(highlight=False, soft_wrap=True)
    for line in _lines(answer):
        console.print(Text(safe(line, limit=500)))


def _lines(answer: ActAnswer | ConnectAnswer | FileAnswer) -> list[str]:
    from vigiles.ruleset.explain import ActAnswer, ConnectAnswer

    if isinstance(answer, ActAnswer):
        return _act_lines(answer)
    if isinstance(answer, ConnectAnswer):
        lines = [f"{'allow' if answer.allowed else 'deny'} ({answer.reason})  {answer.host}".rstrip()]
        lines += [f"  pinned to {answer.pin}"] if answer.pin else []
        lines += [f"  {answer.note}"] if answer.note else []
        lines += [f"  only: {line}" for line in answer.requests]
        lines += _request_lines(answer.request) if answer.request is not None and answer.allowed else []
        return [*lines, f"  feedback to training: {answer.feedback}"]
    lines = [f"{answer.path}: {answer.outcome}"]
    return [*lines, f"  flags: {', '.join(answer.flags) or 'none'}", f"  held by: {', '.join(answer.held) or 'nothing'}"]


def _request_lines(request: RequestAnswer) -> list[str]:
    by = f", by {request.rule}" if request.rule else ""
    lines = [f"  the request: {'allow' if request.allowed else 'deny'} ({request.reason}){by}"]
    if request.allowed:
        limits = {
            "body": request.max_request_bytes,
            "answer": request.max_response_bytes,
            "seconds": request.max_seconds,
        }
        said = ", ".join(f"{name} at most {most}" for name, most in limits.items() if most is not None)
        return [*lines, f"    goes out as {request.target}{f'; {said}' if said else ''}"]
    return [*lines, f"    feedback to training: {request.feedback}"]


def _act_lines(answer: ActAnswer) -> list[str]:
    lines = [f"{answer.decision} ({answer.reason})"]
    if answer.unenforced:
        lines.append(f"  observe mode; enforcing would refuse: {answer.unenforced}")
    if answer.reason == "rule_missing" or answer.unenforced == "rule_missing":
        lines.append("  no rule fits, and what no rule permits is denied")
    for rule in answer.rules:
        lines.append(f"  by rule {rule.id}, {rule.file}:{rule.line}{f': {rule.note}' if rule.note else ''}")
        lines += [f"    {text}" for text in rule.text.split("\n")]
    lines += [f"  the agent is told: {answer.says}"] if answer.says else []
    limits = ", ".join(f"{name} {value}" for name, value in answer.limits.items())
    return [
        *lines,
        f"  feedback to training: {answer.feedback}",
        f"  budgets, nothing used yet: {limits or 'no limits'}",
    ]
