"""``vigiles rescan``: run today's detectors over old records; show, and with ``--record`` record, what is new."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli.shared_options import home_option
from vigiles.model.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigiles.ledger.query import LedgerReader
    from vigiles.runtime.detecting.rescan import Fresh


@dataclass(frozen=True)
class Options:
    """``run`` and ``since_us`` (wall time) choose episodes; ``detectors`` are names of one's own, beside ours."""

    home: Path
    run: str | None = None
    since_us: int | None = None
    detectors: tuple[str, ...] = ()
    record: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Print what is new, episode by episode. Raises :class:`NotFound` for a run that is none, :class:`ControlUnavailable`
    for a detector that is none, :class:`LedgerInvalid`, :class:`LedgerUnwritable`.
    """
    from vigiles.ledger.query import LedgerReader
    from vigiles.runtime.detecting.rescan import ended_episodes

    findings = incidents = records = episodes = more = 0
    with LedgerReader(options.home) as reader:
        chosen, running = ended_episodes(reader, options.run, options.since_us)
        if options.run is not None and not chosen and not running:
            raise NotFound(f"no episode of run {options.run!r} has ended", "See: vigiles ledger query --type episode_opened")
        for fresh in _looked_at(reader, chosen, options):
            episodes += 1
            records += fresh.records
            findings += len(fresh.findings)
            incidents += len({one.incident for one in fresh.incidents})
            more += fresh.more
            if fresh.findings and options.record:
                _record(options.home, fresh)
            if not options.as_json:
                _show(fresh)
            elif fresh.findings:
                click.echo(_line(fresh))
    total = {
        "episodes": episodes,
        "records": records,
        "findings": findings,
        "incidents": incidents,
        "not_kept": more,
        "still_running": running,
        "recorded": options.record and findings > 0,
    }
    click.echo(json.dumps(total) if options.as_json else _sum(total))
    return 0


def _looked_at(reader: LedgerReader, chosen: list[tuple[str, str]], options: Options) -> Iterator[Fresh]:
    """Yield what each episode adds, with a bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    from vigiles import __version__
    from vigiles.ledger.home import Home
    from vigiles.runtime.detecting import baseline
    from vigiles.runtime.detecting.own_detectors import with_own
    from vigiles.runtime.detecting.rescan import across_episodes, rescan_episode

    make = with_own(options.detectors)
    across = across_episodes(reader, baseline.load(Home(options.home)).baseline, options.run) if chosen else {}
    with Progress(console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty()) as progress:
        for run_id, episode in progress.track(chosen, description="episodes"):
            yield rescan_episode(reader, run_id, episode, __version__, make, across.get((run_id, episode), ()))


def _record(home: Path, fresh: Fresh) -> None:
    from vigiles.ledger.sync_client import SyncRecorderClient

    with SyncRecorderClient(home) as client:
        client.append([*fresh.findings, *fresh.incidents])


def _line(fresh: Fresh) -> str:
    import msgspec

    told = {name: msgspec.to_builtins(getattr(fresh, name)) for name in ("run", "episode", "findings", "incidents")}
    return json.dumps(told, separators=(",", ":"))


def _show(fresh: Fresh) -> None:
    from vigiles.render.text import safe

    if not fresh.findings:
        return
    click.echo(f"{safe(fresh.run, 80)}/{safe(fresh.episode, 80)}")
    for finding in fresh.findings:
        click.echo(f"  {finding.severity:<8}  {safe(finding.rule, 80)}  {safe(finding.summary, 160)}")
    for name in dict.fromkeys(one.incident for one in fresh.incidents):
        newest = next(one for one in reversed(fresh.incidents) if one.incident == name)
        click.echo(f"  incident  {name}, {newest.severity}, version {newest.version}")


def _sum(total: dict[str, int]) -> str:
    from vigiles.render.words import count

    looked = f"{count(total['episodes'], 'episode')}, {count(total['records'], 'record')} looked at"
    left = f", {total['still_running']} still running left out" if total["still_running"] else ""
    found = f"{count(total['findings'], 'new finding')}, in {count(total['incidents'], 'incident')}"
    if not total["findings"]:
        return f"{looked}{left}: nothing new"
    what = "recorded" if total["recorded"] else "not recorded (--record does)"
    dropped = f"; {total['not_kept']} more were not kept" if total["not_kept"] else ""
    return f"{looked}{left}: {found}, {what}{dropped}"


@click.command("rescan")
@click.option("--run", "only_run", metavar="RUN", help="Only episodes of this run.")
@click.option("--since", metavar="SPAN", help="Only episodes that ended within this time, for example 2h or 7d.")
@click.option(
    "--detector", "detectors", multiple=True, help="A detector of your own to run too (see the guide). Repeatable."
)
@click.option("--record", is_flag=True, help="Record what is new, marked as of a rescan.")
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a line for each episode with news, then the sums.")
def command(
    only_run: str | None, since: str | None, detectors: tuple[str, ...], record: bool, home: Path, as_json: bool
) -> int:
    """Run today's detectors over the records of episodes that have ended, and show what they find beyond what was found.
    Episodes are also compared with each other, but for what `vigiles baseline learn` was given; with --run only those of
    that run.
    """
    from vigiles.cli.ledger.query import since_us_of

    return run(Options(home, only_run, since_us_of(since), detectors, record, as_json))
