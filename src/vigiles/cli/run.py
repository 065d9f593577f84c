"""``vigiles run -- COMMAND``: any command, for example your own agent, in a cell."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.cell.held_files import Held
    from vigiles.model.finding import Finding
    from vigiles.model.preflight import Exposure
    from vigiles.model.response import Response
    from vigiles.ruleset.profile import Responses, Tier
    from vigiles.runtime.agent_run import Order, Report

#: Held files that are named one by one at the end of a run.
_LISTED = 20
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def run(order: Order, *, as_json: bool, quiet: bool) -> int:
    """Run it, report on standard error, return the exit code: the command's own, or one of ours from 100 on."""
    import asyncio

    from vigiles.ruleset.load import load_profile
    from vigiles.runtime import agent_run

    warnings = _warnings(order)
    telling = Telling(load_profile(order.profile).profile.responses, silent=quiet or as_json)
    if not telling.silent:
        for warning in warnings:
            _write(f"vigiles: warning: {warning}\n")
    report = asyncio.run(agent_run.run(order, telling.found, telling.answered, telling.exposed))
    if as_json:
        _write(json.dumps({**_as_json(report), "warnings": warnings}) + "\n")
    elif not quiet:
        _show(report, order.home)
    return 109 if report.ended is not None else report.code


class Telling:
    """What is said while the agent runs. Its terminal may be raw, so each line ends with a carriage return too."""

    def __init__(self, responses: Responses, *, silent: bool) -> None:
        self.silent = silent
        self._responses = responses
        self._ending = False
        self._frozen: str | None = None

    def found(self, finding: Finding) -> None:
        """Tell of a finding."""
        self._ending |= "end_episode" in self._responses.kinds(finding.severity, finding.detector)
        if not self.silent:
            from vigiles.render.text import safe

            _write(f"vigiles: {finding.severity}: {safe(finding.summary)}\r\n")

    def exposed(self, exposures: Sequence[Exposure]) -> None:
        """Name what the cell has of the host, before anything runs in it."""
        if not self.silent:
            from vigiles.cli.preflight_view import lines

            for line in lines(exposures):
                _write(f"vigiles: warning: {line}\n")

    def answered(self, run: str, response: Response) -> None:
        """Tell of a freeze, which waits for a person; not where the same answer ends the run, unless that failed."""
        if response.kind == "freeze" and response.outcome == "done":
            self._frozen = response.incident
            waits = not self._ending
        else:
            waits = response.kind == "end_episode" and response.outcome != "done" and self._frozen is not None
        if waits and not self.silent:
            _write(f"vigiles: frozen. Look: vigiles incident show {self._frozen}\r\n")
            _write(f"  end it: Ctrl-C here, or from another terminal: vigiles stop --run {run}\r\n")


def _write(text: str) -> None:
    """Write to standard error. A run goes on, and its code is passed on, also when nobody listens any more."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)


def _warnings(order: Order) -> list[str]:
    """Return what was asked for and will have no effect, or another than elsewhere."""
    from vigiles.render.text import safe

    missing = [path for path in order.read if not os.path.lexists(path)]
    unset = [name for name in order.names if name not in os.environ]
    return [
        *(f"--read {safe(path)}: there is no such path, so nothing is shown" for path in missing),
        *(f"--env {safe(name)}: this variable is not set, so nothing is passed" for name in unset),
        *(["--rootfs: all is one call, for the shells of another root are not calls of their own"] if order.rootfs else []),
    ]


def check_hosts(hosts: Sequence[str]) -> None:
    """Refuse an ``--allow`` that no profile would take. Raises :class:`InputInvalid` naming the option as it was given."""
    from vigiles.render.text import safe
    from vigiles.ruleset.egress import HostInvalid, join_host_port, split_host_port

    for text in hosts:
        try:
            canonical = join_host_port(*split_host_port(text))
        except HostInvalid as error:
            raise InputInvalid(
                f"--allow {safe(text)}: {error}", "Write HOST:PORT, for example --allow api.example.com:443."
            ) from error
        if canonical != text:
            raise InputInvalid(f"--allow {safe(text)}: this is not in its canonical form", f"Write --allow {canonical}")


def check_names(names: Sequence[str]) -> None:
    """Refuse an ``--env`` that can be no variable's name. Raises :class:`InputInvalid` naming the option as it was given."""
    from vigiles.render.text import safe

    for name in names:
        if not _VARIABLE.fullmatch(name):
            remedy = "Give the name of a variable that is set here; its value is passed. --env NAME"
            raise InputInvalid(f"--env {safe(name)}: this is no environment variable's name", remedy)


def check_paths(paths: Sequence[Path]) -> None:
    """Refuse what no cell can be told to show: messages between our processes, and records, are UTF-8.

    Raises :class:`InputInvalid`.
    """
    from vigiles.render.text import safe

    for path in paths:
        try:
            str(path.absolute()).encode()
        except UnicodeEncodeError as error:
            raise InputInvalid(
                f"{safe(str(path.absolute()))}: this path is not UTF-8", "Rename it, or give another."
            ) from error


def check_here() -> None:
    """Refuse to start in a folder that is gone: nothing could be found from it. Raises :class:`InputInvalid`."""
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise InputInvalid(
            "the current folder does not exist any more", "Go to a folder that is there (cd), and run the command again."
        ) from error


def _show(report: Report, home: Path | None) -> None:
    from vigiles.render.text import safe
    from vigiles.render.words import count

    calls = "one call" if report.calls == 0 else f"{report.calls + 1} calls"
    changed = f"{count(report.changed, 'file')} changed"
    lines = [f"vigiles: {report.coordinates.run}: {calls}, profile {report.profile}, {changed}"]
    if report.ended is not None:
        lines.append(f"vigiles: the episode was ended ({report.ended})")
    for incident in report.incidents:
        lines.append(f"vigiles: incident {incident.incident} [{incident.severity}] {safe(incident.title)}")
    if report.incidents:
        lines.append("vigiles: look at one with: vigiles incident show ID")
    if report.applied is not None and report.applied.held:
        lines += _held(report.applied.held, report.coordinates.episode, home)
    _write("\n".join(lines) + "\n")


def _held(held: list[Held], episode: str, home: Path | None) -> list[str]:
    """Return what did not reach the work directory: held back by decision, or because it could not be written."""
    from vigiles.cell.held_files import DECIDED
    from vigiles.cli.episode_choice import hint
    from vigiles.cli.held_view import why
    from vigiles.render.text import safe

    decided = [one for one in held if one.reason in DECIDED]
    failed = [one for one in held if one.reason not in DECIDED]
    lines = []
    for some, head in (
        (decided, "held back, because other programs run or obey these files, or they lead elsewhere:"),
        (failed, "could not be written to the work directory, for a reason that is not in the files:"),
    ):
        if some:
            lines.append(f"vigiles: {head}")
            lines += [f"  {safe(one.path)} ({why(one)})" for one in some[:_LISTED]]
        if len(some) > _LISTED:
            lines.append(f"  … (+{len(some) - _LISTED} more)")
    lost = sum(1 for one in failed if one.kind == "file" and one.change != "deleted" and one.kept is None)
    if lost:
        lines.append(f"  {lost} of these could not be kept either: their content is gone")
    what = "take over or discard" if decided else "put the cause right, then take over"
    return [*lines, f"  look: {hint('diff', episode, home)}", f"  {what}: {hint('apply', episode, home)}"]


def _as_json(report: Report) -> dict[str, object]:
    import msgspec

    from vigiles.cell.held_files import DECIDED
    from vigiles.cli.held_view import why

    return {
        "run": report.coordinates.run,
        "episode": report.coordinates.episode,
        "profile": report.profile,
        "code": report.code,
        "not_run": report.not_run,
        "calls": report.calls + 1,
        "ended": report.ended,
        "files_changed": report.changed,
        "exposures": msgspec.to_builtins(report.exposures),
        "findings": msgspec.to_builtins(report.findings),
        "incidents": msgspec.to_builtins(report.incidents),
        "held": [] if report.applied is None else [one.path for one in report.applied.held if one.reason in DECIDED],
        "failed": []
        if report.applied is None
        else [{"path": one.path, "why": why(one)} for one in report.applied.held if one.reason not in DECIDED],
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
@click.option(
    "--rootfs",
    type=click.Path(path_type=Path),
    default=None,
    help="A folder that is the root of the cell, in the place of the host's system folders. It stays as it is.",
)
@click.option("--root-inside", is_flag=True, help="With --rootfs: run as uid 0 inside, on a private layer over that folder.")
@click.option(
    "--tier", type=click.Choice(["U-", "U", "R"]), default=None, help="Ask for a tier. [default: the best there is]"
)
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
    rootfs: Path | None,
    root_inside: bool,
    tier: Tier | None,
    model_version: str | None,
    task: str | None,
    quiet: bool,
    as_json: bool,
    command: tuple[str, ...],
) -> int:
    """Parse, check what was typed, run."""
    check_here()
    check_hosts(allow)
    check_names(env)
    check_paths([workdir, *map(Path, read), *([] if rootfs is None else [rootfs])])
    from vigiles.model.plain import text
    from vigiles.runtime.agent_run import Order

    order = Order(
        argv=list(command),
        profile=profile,
        workdir=workdir,
        home=home,
        read=[str(Path(item).absolute()) for item in read],
        hosts=list(allow),
        names=list(env),
        model_version=None if model_version is None else text(model_version),
        task=None if task is None else text(task),
        tier=tier,
        rootfs=rootfs,
        root_inside=root_inside,
    )
    return run(order, as_json=as_json, quiet=quiet)
