"""``vigiles eval export FOLDER``: an evaluation that was played, as logs that ``inspect view`` opens."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import click

from vigiles.model.errors import InputInvalid

_LOGS = "vigiles.integrations.inspect.logs"


@click.command("export", help="Write what was played as Inspect logs, one for each agent, set and condition.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The folder for the logs.  [default: FOLDER/inspect]")
@click.option("--json", "as_json", is_flag=True, help="Print the paths as JSON.")
def command(folder: Path, out: Path | None, as_json: bool) -> int:
    """Parse options and run."""
    return run(folder, out or folder / "inspect", as_json=as_json)


def run(folder: Path, out: Path, *, as_json: bool) -> int:
    """Write the logs and say where; return 0. Raises :class:`InputInvalid`, with the remedy, without the extra."""
    import datetime
    import json

    from vigiles.cli import failures
    from vigiles.evaluation.grid.folder import read_folder
    from vigiles.render.words import count

    if importlib.util.find_spec("inspect_ai") is None:
        raise InputInvalid(
            "Inspect's logs cannot be written: the extra `inspect` is not installed",
            "install Vigiles with its extra: pip install 'vigiles[inspect]'",
        )
    registered, lines, _ = read_folder(folder)
    made = datetime.datetime.fromtimestamp(registered.written_us / 1_000_000, datetime.UTC)
    played = [line.played for line in lines]
    paths: list[Path] = importlib.import_module(_LOGS).write_logs(played, out, made)
    if any(one.acts for one in played) and not any(one.attempts for one in played):
        failures.say("these results hold no calls, nor do the logs", "play with --keep-calls to see them there")
    if as_json:
        click.echo(json.dumps({"logs": [str(path) for path in paths], "episodes": len(played)}))
    else:
        click.echo(f"{count(len(paths), 'log')} of {count(len(played), 'episode')} in {out}")
        click.echo(f"look at them: inspect view --log-dir {out}")
    return 0
