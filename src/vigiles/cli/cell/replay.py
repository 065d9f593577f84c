"""``vigiles replay TRAJECTORY``: somebody else's tool calls, each performed again as a call in a fresh cell."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from vigiles.cli import failures
from vigiles.cli.cell.options import cell_options, order_of
from vigiles.cli.shared_options import json_option
from vigiles.model.errors import EpisodeOver, InputInvalid, Refused

if TYPE_CHECKING:
    from vigiles.runtime.trajectory.plan import Mappings
    from vigiles.runtime.trajectory.report import Report, Row


@dataclass(frozen=True)
class Options:
    """``trajectory``: a file, ``-`` for standard input. ``cell``: see :func:`vigiles.cli.cell.options.order_of`.

    ``shell``: ``kept`` or ``fresh`` for all tools; None leaves it to the tool. ``timeout``: seconds a call.
    """

    trajectory: str
    cell: dict[str, Any]
    tools: tuple[str, ...] = ()
    shell: str | None = None
    timeout: float | None = None
    judge_only: bool = False
    check: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Replay, print what became of it, return the exit code. Raises what stops a start."""
    import asyncio

    with ExitStack() as held:
        file: BinaryIO = sys.stdin.buffer if options.trajectory == "-" else held.enter_context(_opened(options.trajectory))
        report = asyncio.run(_replayed(options, file, held))
    if options.as_json:
        click.echo(json.dumps(_plain(report)))
    else:
        from vigiles.cli.cell.replay_view import show

        show(report)
    if report.stopped is not None:
        failures.say(str(report.stopped), report.stopped.remedy)
        return report.stopped.exit_code
    if report.ended is not None:
        failures.say(f"the episode was ended ({report.ended})", "look: vigiles incidents")
        return EpisodeOver.exit_code
    refused = any(row.decision not in (None, "allow", "modify") for row in report.rows)
    return Refused.exit_code if options.check and refused else 0


async def _replayed(options: Options, file: BinaryIO, held: ExitStack) -> Report:
    from vigiles.runtime.attending.cell_order import CellOrder
    from vigiles.runtime.trajectory.judging import judge
    from vigiles.runtime.trajectory.replay import Replay
    from vigiles.runtime.trajectory.source import Source

    order = CellOrder(**options.cell)
    source, mappings = Source(file), _mappings(options)
    on_row = _bar(source, options.trajectory, held)
    if options.judge_only:
        from vigiles.ruleset.load import load_with

        ruleset = load_with(order.profile, order.hosts, order.names)
        return await judge(source, ruleset, mappings, task=order.task, model_version=order.model_version, on_row=on_row)
    async with order.open() as episode:
        replay = Replay(episode, mappings, options.timeout, on_row)
        await replay.run(source)
        await replay.conclude()
    report = replay.report
    report.changed = len(episode.watch.all_changes())
    report.held = 0 if episode.applied is None else len(episode.applied.held)
    return report


def _mappings(options: Options) -> Mappings:
    from vigiles.runtime.trajectory.plan import Mappings, parse_mapping

    fresh = None if options.shell is None else options.shell == "fresh"
    return Mappings(dict(map(parse_mapping, options.tools)), fresh)


def _opened(path: str) -> BinaryIO:
    from vigiles.render.text import safe

    try:
        return open(path, "rb")
    except OSError as error:
        raise InputInvalid(f"{safe(path)}: {error.strerror}", "Give the file of a trajectory, or - to read one.") from error


def _bar(source: Any, path: str, held: ExitStack) -> Any:
    """Return what is told of each row: on a terminal it moves a bar, by the bytes that were read."""
    if not sys.stderr.isatty():
        return lambda _: None
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    total = None if path == "-" else Path(path).stat().st_size or None
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    progress = held.enter_context(Progress(*columns, console=Console(file=sys.stderr), transient=True))
    task, done = progress.add_task("replay", total=total), [0]

    def moved(_: Row) -> None:
        done[0] += 1
        progress.update(task, completed=source.read, description=f"call {done[0]}")

    return moved


def _plain(report: Report) -> dict[str, Any]:
    import msgspec

    stopped = report.stopped
    return {
        "profile": report.profile,
        "run": None if report.coordinates is None else report.coordinates.run,
        "episode": None if report.coordinates is None else report.coordinates.episode,
        "calls": [msgspec.to_builtins(row) for row in report.rows],
        "performed": report.count("performed"),
        "recorded": report.count("recorded"),
        "refused": report.count("refused"),
        "judged": report.count("judged"),
        "left": report.count("left"),
        "outputs": report.likenesses(),
        "outputs_without_call": report.strangers,
        "incidents": report.incidents,
        "files_changed": report.changed,
        "files_held": report.held,
        "ended": report.ended,
        "stopped": None if stopped is None else {"message": str(stopped), "remedy": stopped.remedy},
    }


@click.command(
    "replay",
    help="Perform the tool calls of TRAJECTORY (JSON lines, or an OpenAI or Anthropic transcript; - reads standard input) "
    "again, each as a call in one fresh cell.",
)
@cell_options
@click.option(
    "--tool",
    "tools",
    multiple=True,
    metavar="NAME=ARG[:PROGRAM]",
    help="Tool NAME's argument ARG is a command, or the input of PROGRAM; may be repeated.",
)
@click.option(
    "--shell",
    type=click.Choice(["kept", "fresh"]),
    default=None,
    help="One shell for all commands, or a fresh one for each. [default: as the tool is published]",
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=None, help="End a call after SECONDS.")
@click.option("--judge-only", is_flag=True, help="Only say what the gate would answer: perform and record nothing.")
@click.option("--check", is_flag=True, help="Exit with 108 if any call was, or would be, refused.")
@json_option
@click.argument("trajectory")
def command(
    trajectory: str,
    *,
    tools: tuple[str, ...],
    shell: str | None,
    timeout: float | None,
    judge_only: bool,
    check: bool,
    as_json: bool,
    **cell: Any,
) -> int:
    """Parse, check what was typed, run."""
    return run(Options(trajectory, order_of(cell), tools, shell, timeout, judge_only, check, as_json))
