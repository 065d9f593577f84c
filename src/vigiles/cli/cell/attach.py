"""``vigiles attach``: watch a container that runs already, and put a door before it, as root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.model.response import Response
    from vigiles.runtime.attach.attached import Attached
    from vigiles.runtime.attach.attaching import Order, Report

#: What the end of it is called, and what it means to the container.
_OVER = {
    "left": "we have left; the container runs on",
    "gone": "the container has ended",
    "stopped": "stopped: everything in the container was killed",
    "response": "ended by a response: everything in the container was killed",
    "cell_died": "the door died, or another part of ours",
    "ledger_unwritable": "the ledger cannot be written",
    "refused": "refused",
}


def run(order: Order, *, as_json: bool, quiet: bool) -> int:
    """Attach until it is over, report; return 0, or one of our codes."""
    import asyncio

    from vigiles.cli.cell.attending import Telling
    from vigiles.model.errors import EpisodeOver, LedgerUnwritable, ProcessLost
    from vigiles.ruleset.load import load_profile
    from vigiles.runtime.attach import attaching

    silent = quiet or as_json
    telling = Telling(load_profile(order.profile).profile.responses, silent=silent)

    def answered(run: str, response: Response) -> None:
        if response.kind == "freeze" and response.outcome == "done" and not silent:
            click.echo("\n".join(frozen(run, response)), err=True)

    def started(episode: Attached) -> None:
        if as_json:
            words = {"run": episode.coordinates.run, "episode": episode.coordinates.episode, "state": "attached"}
            click.echo(json.dumps(words))
        elif not quiet:
            door = "watched only" if order.watch_only else f"behind a door, profile {episode.profile.name}"
            click.echo(f"vigiles: {episode.coordinates.run}: attached, one call, {door}", err=True)

    report = asyncio.run(attaching.run(order, started, telling.found, answered))
    if as_json:
        click.echo(json.dumps(_as_json(report)))
    elif not quiet:
        _show(report)
    if report.over == "cell_died":
        return ProcessLost.exit_code
    if report.over == "ledger_unwritable":
        return LedgerUnwritable.exit_code
    return EpisodeOver.exit_code if report.over in ("response", "stopped") else 0


def frozen(run: str, response: Response) -> list[str]:
    """Return what is said of a freeze: leaving does not undo it."""
    return [
        f"vigiles: frozen. Look: vigiles incident show {response.incident}",
        f"  kill it: vigiles stop --run {run}; to leave it frozen: Ctrl-C here, which also says how to let it go",
    ]


def lift(order: Order, *, as_json: bool) -> int:
    """Take away what a Vigiles that is gone has left on the container; return 0."""
    from vigiles.render.text import safe
    from vigiles.runtime.attach import attaching

    path, door, frozen = attaching.lift(order)
    if as_json:
        click.echo(json.dumps({"cgroup": path, "door": door, "frozen": frozen}))
        return 0
    done = [word for word, was in (("its way out is free again", door), ("it is not frozen any more", frozen)) if was]
    click.echo(f"{safe(path)}: {', '.join(done) or 'nothing of ours was there'}")
    return 0


def _show(report: Report) -> None:
    from vigiles.render.text import safe

    lines = [f"vigiles: {report.coordinates.run}: one call, profile {report.profile}: {_OVER[report.over]}"]
    for incident in report.incidents:
        lines.append(f"vigiles: incident {incident.incident} [{incident.severity}] {safe(incident.title)}")
    if report.kept:
        lines.append(f"vigiles: the container was left as it is: {', '.join(report.kept)}")
        lines.append(f"  let it go: vigiles attach --lift --cgroup {safe(report.cgroup)}")
    elif report.door and report.over == "left":
        lines.append("vigiles: nothing stands between the container and its network any more")
    click.echo("\n".join(lines), err=True)


def _as_json(report: Report) -> dict[str, object]:
    import msgspec

    return {
        "run": report.coordinates.run,
        "episode": report.coordinates.episode,
        "state": "over",
        "over": report.over,
        "profile": report.profile,
        "cgroup": report.cgroup,
        "door": report.door,
        "calls": 1,
        "kept": report.kept,
        "findings": msgspec.to_builtins(report.findings),
        "incidents": msgspec.to_builtins(report.incidents),
    }


@click.command("attach", help="Watch a container that runs already, and put a door before it. Needs root.")
@click.option("--cgroup", default=None, metavar="FOLDER", help="The container's group, a folder below /sys/fs/cgroup.")
@click.option("--pid", type=int, default=None, help="In place of --cgroup: a process of the container.")
@click.option("--profile", default="coding-agent", show_default=True, help="A shipped profile's name or a profile folder.")
@click.option("--allow", multiple=True, metavar="HOST:PORT", help="One more host to reach; may be repeated.")
@click.option("--watch-only", is_flag=True, help="No door: its network stays as it is, and what leaves is only seen.")
@click.option(
    "--for", "seconds", type=click.FloatRange(min=0, min_open=True), default=None, help="Leave after so many seconds."
)
@click.option("--lift", "lifting", is_flag=True, help="Take away what a Vigiles that is gone has left on the container.")
@click.option("--home", type=click.Path(path_type=Path), default=None, help="Where the ledger lives.")
@click.option("--model-version", default=None, help="The model's version, kept in every record.")
@click.option("--task", default=None, help="The task's name, kept in every record.")
@click.option("--quiet", is_flag=True, help="Say nothing of our own unless the start fails.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when all stands, and one at the end.")
def command(
    cgroup: str | None,
    pid: int | None,
    profile: str,
    allow: tuple[str, ...],
    watch_only: bool,
    seconds: float | None,
    lifting: bool,
    home: Path | None,
    model_version: str | None,
    task: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Parse, check what was typed, run."""
    from vigiles.cli.cell.options import check_hosts
    from vigiles.runtime.attach.attaching import Order

    if (cgroup is None) == (pid is None):
        raise InputInvalid("say which container", "Give --cgroup FOLDER or --pid PID, one of them.")
    check_hosts(allow)
    order = Order(
        profile=profile,
        cgroup=cgroup,
        pid=pid,
        home=home,
        hosts=list(allow),
        watch_only=watch_only,
        seconds=seconds,
        model_version=model_version,
        task=task,
    )
    return lift(order, as_json=as_json) if lifting else run(order, as_json=as_json, quiet=quiet)
