"""``vigiles exec --cell CELL -- COMMAND``: one more call in a running cell."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from vigiles.cli.shared_options import home_option
from vigiles.model.errors import EpisodeOver, InputInvalid, Refused


@dataclass(frozen=True)
class Options:
    """``label``: the harness's own name for the call. ``env``: NAME=VALUE beside the profile's. ``timeout`` in seconds."""

    home: Path
    cell: str
    command: tuple[str, ...]
    label: str | None = None
    cwd: str | None = None
    env: tuple[str, ...] = ()
    timeout: float | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Perform it; return its exit code, 128 + its signal, or one of ours from 100 on. Raises what keeps it from starting."""
    import asyncio

    import msgspec

    from vigiles.cli import failures
    from vigiles.runtime.attending.cell_client import Asked, call

    environment = dict(map(_pair, options.env))
    asked = Asked(options.command, options.label, options.cwd, environment, options.timeout)
    answer = asyncio.run(call(options.home, options.cell, asked))
    if options.as_json:
        sys.stderr.write(json.dumps({"cell": options.cell, **msgspec.to_builtins(answer)}) + "\n")
    if answer.over is not None:
        if not options.as_json:
            failures.say(f"the cell has ended ({answer.over})", "Open another: vigiles cell open")
        return EpisodeOver.exit_code
    if answer.refused is not None:
        if not options.as_json:
            sys.stderr.write(answer.said + "\n")
        return Refused.exit_code
    return answer.code if answer.code is not None else 128 + (answer.signal or 9)


def _pair(text: str) -> tuple[str, str]:
    from vigiles.cli.cell.options import is_variable

    name, equals, value = text.partition("=")
    if not equals or not is_variable(name):
        # Its value may be a secret: it is not said again.
        raise InputInvalid("--env: this is no variable with a value", "Write --env NAME=VALUE.")
    return name, value


@click.command(
    "exec",
    help="Perform COMMAND as one more call in the running cell CELL, joined to standard input, output and error. Its exit "
    "code is passed through.",
    context_settings={"allow_interspersed_args": False},
)
@click.option("--cell", required=True, metavar="CELL", help="The id that `vigiles cell open` printed, or a run's episode.")
@click.option("--label", default=None, help="Your own name for this call, kept beside ours; nothing believes it.")
@click.option("--cwd", default=None, metavar="PATH", help="The directory to begin in. [default: the work directory]")
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="One more environment variable; may be repeated.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=None, help="End the call after SECONDS.")
@home_option
@click.option("--json", "as_json", is_flag=True, help="Report as one line of JSON on standard error.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    cell: str,
    label: str | None,
    cwd: str | None,
    env: tuple[str, ...],
    timeout: float | None,
    home: Path,
    as_json: bool,
    command: tuple[str, ...],
) -> int:
    """Parse, run."""
    return run(Options(home, cell, command, label, cwd, env, timeout, as_json))
