"""``vigiles run -- COMMAND``: any command, for example your own agent, in a cell."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vigiles.model.finding import Finding
    from vigiles.model.response import Response
    from vigiles.runtime.agent_run import Order, Report


def run(order: Order, *, as_json: bool, quiet: bool) -> int:
    """Run it, report on standard error, return the exit code: the command's own, or one of ours from 100 on."""
    import asyncio

    from vigiles.runtime import agent_run

    def tell(finding: Finding) -> None:
        if not quiet and not as_json:
            from vigiles.render.text import safe

            sys.stderr.write(f"vigiles: {finding.severity}: {safe(finding.summary)}\r\n")

    def answered(run: str, response: Response) -> None:
        if not quiet and not as_json and response.kind == "freeze" and response.outcome == "done":
            sys.stderr.write(f"vigiles: frozen. Look: vigiles incident show {response.incident}\r\n")
            sys.stderr.write(f"  end it: Ctrl-C here, or from another terminal: vigiles stop --run {run}\r\n")

    report = asyncio.run(agent_run.run(order, tell, answered))
    if as_json:
        sys.stderr.write(json.dumps(_as_json(report)) + "\n")
    elif not quiet:
        _show(report)
    return 109 if report.ended is not None else report.code


def _show(report: Report) -> None:
    from vigiles.render.text import safe

    lines = []
    calls = "one call" if report.calls == 0 else f"{report.calls + 1} calls"
    lines.append(f"vigiles: {report.coordinates.run}: {calls}, profile {report.profile}, {report.changed} files changed")
    if report.ended is not None:
        lines.append(f"vigiles: the episode was ended ({report.ended})")
    for incident in report.incidents:
        lines.append(f"vigiles: incident {incident.incident} [{incident.severity}] {safe(incident.title)}")
    if report.incidents:
        lines.append("vigiles: look at one with: vigiles incident show ID")
    if report.applied is not None and report.applied.held:
        lines.append("vigiles: held back, because other programs run or obey these files:")
        lines.extend(f"  {safe(item.path)} ({', '.join(item.flags) or item.reason})" for item in report.applied.held)
        lines.append(f"  they lie in {report.held_dir}; copy what you trust.")
    sys.stderr.write("\n".join(lines) + "\n")


def _as_json(report: Report) -> dict[str, object]:
    import msgspec

    return {
        "run": report.coordinates.run,
        "episode": report.coordinates.episode,
        "profile": report.profile,
        "code": report.code,
        "calls": report.calls + 1,
        "ended": report.ended,
        "files_changed": report.changed,
        "findings": msgspec.to_builtins(report.findings),
        "incidents": msgspec.to_builtins(report.incidents),
        "held": [] if report.applied is None else [item.path for item in report.applied.held],
        "held_dir": None if report.applied is None or not report.applied.held else str(report.held_dir),
    }


@click.command(
    "run",
    help="Run COMMAND, for example your own agent, in a cell. Its exit code is passed through.",
    context_settings={"allow_interspersed_args": False},
)
@click.option("--profile", default="coding-agent", show_default=True, help="A shipped profile's name or a profile folder.")
@click.option("--workdir", type=click.Path(path_type=Path), default=Path(), help="The folder to work in. [default: here]")
@click.option("--home", type=click.Path(path_type=Path), default=None, help="Where the ledger lives.")
@click.option("--read", multiple=True, metavar="PATH", help="One more path to show read-only; may be repeated.")
@click.option("--allow", multiple=True, metavar="HOST:PORT", help="One more host to reach; may be repeated.")
@click.option("--env", multiple=True, metavar="NAME", help="One more environment variable to pass; may be repeated.")
@click.option("--model-version", default=None, help="The model's version, kept in every record.")
@click.option("--task", default=None, help="The task's name, kept in every record.")
@click.option("--quiet", is_flag=True, help="Say nothing of our own unless the start fails.")
@click.option("--json", "as_json", is_flag=True, help="Report as one line of JSON on standard error.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    profile: str,
    workdir: Path,
    home: Path | None,
    read: tuple[str, ...],
    allow: tuple[str, ...],
    env: tuple[str, ...],
    model_version: str | None,
    task: str | None,
    quiet: bool,
    as_json: bool,
    command: tuple[str, ...],
) -> int:
    """Parse, run."""
    from vigiles.runtime.agent_run import Order

    order = Order(
        argv=list(command),
        profile=profile,
        workdir=workdir,
        home=home,
        read=[str(Path(item).absolute()) for item in read],
        hosts=list(allow),
        names=list(env),
        model_version=model_version,
        task=task,
    )
    return run(order, as_json=as_json, quiet=quiet)
