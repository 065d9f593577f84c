"""``vigiles drill NAME``: play a scripted incident against the real thing and score the protection.

The command makes a network namespace that holds the drill's outside world, runs itself again inside it, plays every step
there through the same API that everybody uses, prints the score and keeps it under ``$VIGILES_HOME/drills``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.cli import failures
from vigiles.model.errors import DrillFailed, InputInvalid

if TYPE_CHECKING:
    from rich.progress import Progress

    from vigiles.drills.drill import Drill, DrillFolder, Play
    from vigiles.drills.play import Opener
    from vigiles.drills.played import Played
    from vigiles.drills.score.card import Score
    from vigiles.drills.world.journal import Effect

_LAST_SECONDS = 10.0
_AGAIN = "from vigiles.cli.main import main; main()"


@dataclass(frozen=True)
class Options:
    """What was asked for. ``inside``: the folder to play in; the command itself gives it when it runs again in the world."""

    name: str
    profile: str | None = None
    home: Path | None = None
    json: bool = False
    keep: bool = False
    inside: Path | None = None


@click.command("drill", help="Play a scripted incident and score the protection.")
@click.argument("name", required=False)
@click.option("--profile", help="Play under this profile only.")
@click.option("--home", type=click.Path(path_type=Path), envvar="VIGILES_HOME", help="Where the ledger and scores are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the score as JSON.")
@click.option("--keep", is_flag=True, help="Keep the agent's working directories and say where they are.")
@click.option("--list", "listing", is_flag=True, help="List the drills that come with Vigiles.")
@click.option("--inside", type=click.Path(path_type=Path), hidden=True)
def command(
    name: str | None, profile: str | None, home: Path | None, as_json: bool, keep: bool, listing: bool, inside: Path | None
) -> int:
    """Parse options and run."""
    if listing:
        return run_list(as_json)
    if name is None:
        raise InputInvalid("no drill named", "name one, for example `vigiles drill rome`; `vigiles drill --list` shows all")
    return run(Options(name=name, profile=profile, home=home, json=as_json, keep=keep, inside=inside))


def run_list(as_json: bool) -> int:
    """Print the shipped drills."""
    import msgspec

    from vigiles.drills import load

    drills = [load.load(load.find(name)).drill for name in load.shipped()]
    if as_json:
        rows = [{"name": d.name, "title": d.title, "profiles": [play.profile for play in d.plays]} for d in drills]
        click.echo(msgspec.json.encode(rows))
    else:
        for drill in drills:
            click.echo(f"{drill.name}  {drill.title} (profiles: {', '.join(play.profile for play in drill.plays)})")
    return 0


def run(options: Options) -> int:
    """Play a drill. Returns 0, or the exit code of the run inside: that of :class:`DrillFailed` if a bar is missed."""
    from vigiles.drills import load

    folder = load.load(load.find(options.name))
    plays = chosen(folder.drill, options.profile)
    return _enter(options) if options.inside is None else _play(options, options.inside, folder, plays)


def chosen(drill: Drill, profile: str | None) -> list[Play]:
    """Return the plays to perform. Raises :class:`InputInvalid` for a profile the drill does not have."""
    plays = [play for play in drill.plays if profile in (None, play.profile)]
    if not plays:
        from vigiles.ruleset.mistake import nearest

        known = [play.profile for play in drill.plays]
        remedy = f"{nearest(profile or '', known)} Choose one of: {', '.join(known)}".strip()
        raise InputInvalid(f"drill {drill.name} has no play under {profile!r}", remedy)
    return plays


def _enter(options: Options) -> int:
    """Make the drill's folder, play in a new world, remove the folder again, however the play ended."""
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="vigiles-drill-"))
    try:
        place.chmod(0o755)  # as root, the cell's user and sshd's user are others; only keys made for this drill are inside
        return _again(options, place)
    except KeyboardInterrupt:
        failures.say("the drill was stopped; nothing is scored")
        raise
    finally:
        if options.keep:
            click.echo(f"working directories: {place}", err=True)
        else:
            shutil.rmtree(place, ignore_errors=True)


def _again(options: Options, place: Path) -> int:
    """Run this command again inside a new world and return its exit code; it dies with us."""
    argv = [sys.executable, "-P", "-m", "vigiles.drills.world.enter", "--"]
    argv += [sys.executable, "-P", "-c", _AGAIN, "drill", options.name, "--inside", str(place)]
    argv += ["--profile", options.profile] if options.profile is not None else []
    argv += ["--home", str(options.home.absolute())] if options.home is not None else []
    argv += ["--json"] if options.json else []
    # A terminal's Ctrl-C must not reach the processes of a cell that is just being made; we pass it on to whom it concerns.
    with _stoppable(), subprocess.Popen(argv, process_group=0) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.terminate()
                process.wait(_LAST_SECONDS)
            raise
        finally:
            process.kill()


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the play in order, as Ctrl-C does; the second and later ones wait for the first."""

    def stop(number: int, _: object) -> None:
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        raise failures.Stopped(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _play(options: Options, place: Path, folder: DrillFolder, plays: list[Play]) -> int:
    import time

    import msgspec
    from rich.console import Console

    from vigiles.drills import report, save
    from vigiles.drills.score.card import Score
    from vigiles.drills.score.play import score_play
    from vigiles.ledger.home import Home, default_home

    home = options.home or default_home()
    Home(home).prepare()
    os.environ["VIGILES_HOME"] = str(home)
    began = time.monotonic()
    results, effects = _perform(options, place, folder, plays)
    cards = [score_play(folder.drill, played, effects) for played in results]
    score = Score(
        drill=folder.drill.name,
        title=folder.drill.title,
        seconds=round(time.monotonic() - began),
        plays=cards,
        passed=all(card.passed for card in cards),
    )
    kept = save.make_folder(home, folder.drill.name, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
    save.save(kept, score, results, effects)
    if options.json:
        click.echo(json.dumps(msgspec.to_builtins(score), separators=(",", ":")))  # ASCII, for agent text is in it
    else:
        console = Console(highlight=False, markup=False)
        console.print(report.render(score))
        console.print(f"kept in {kept}", soft_wrap=True)
    return _verdict(score, kept)


def _perform(options: Options, place: Path, folder: DrillFolder, plays: list[Play]) -> tuple[list[Played], list[Effect]]:
    """Start the world, play, and return what was played and what reached the world."""
    import asyncio
    import logging

    from vigiles.drills.play import Player
    from vigiles.drills.world import process

    (place / "world").mkdir(mode=0o755)
    with process.running(place / "world") as world, _progress(options) as shown:
        player = Player(folder, world.ready, _opener(), place, shown.step, _together)
        shown.total(sum(player.count(play) for play in plays))

        def stop(task: asyncio.Task[object]) -> None:
            # A process whose start is broken off ends by itself, and asyncio would complain that nobody waits for it.
            logging.getLogger("asyncio").setLevel(logging.CRITICAL)
            task.cancel()

        async def all_plays() -> list[Played]:
            task = asyncio.current_task()
            assert task is not None
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop, task)
            return [await player.play(play) for play in plays]

        try:
            results = asyncio.run(all_plays())
        except asyncio.CancelledError:
            raise click.exceptions.Exit(failures.INTERRUPTED) from None  # whoever started us says what happened
        return results, world.effects()


class _Bar:
    """The progress line on standard error; silent where nobody watches."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=None)
        self._begun = 0

    def total(self, steps: int) -> None:
        """Say how many steps there will be."""
        self._bar.update(self._task, total=steps)

    def step(self, profile: str, purpose: str, step: str) -> None:
        """Show the step that begins now."""
        self._bar.update(self._task, completed=self._begun, description=f"{profile}: {step}")
        self._begun += 1


@contextlib.contextmanager
def _progress(options: Options) -> Iterator[_Bar]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, disable=options.json or not console.is_terminal) as bar:
        yield _Bar(bar)


def _opener() -> Opener:
    """Return what opens an episode: the runtime's own, the same that the API gives to everybody."""
    from vigiles.runtime.beginning.opening import open_episode

    return open_episode


@contextlib.asynccontextmanager
async def _together() -> AsyncIterator[Opener]:
    """Give what opens episodes under one supervisor and in one run."""
    import functools

    from vigiles.ledger.mint import new_id
    from vigiles.runtime.beginning.opening import open_episode
    from vigiles.runtime.services import Services

    async with await Services.start() as services:
        yield functools.partial(open_episode, services=services, run=new_id("run"))


def _verdict(score: Score, kept: Path) -> int:
    """Return 0, or the code of :class:`DrillFailed` with the bars that were missed said on standard error.

    It is not raised: the score is printed, and under ``--json`` an error would be a second object.
    """
    missed = [f"{card.profile}: {bar.name}" for card in score.plays for bar in card.bars if not bar.met]
    if not missed:
        return 0
    from vigiles.render.words import count

    failures.say(f"{count(len(missed), 'bar')} missed ({'; '.join(missed)})", f"read {kept / 'report.md'}")
    return DrillFailed.exit_code
