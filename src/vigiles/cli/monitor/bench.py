"""``vigiles monitor bench``: what the monitors are worth on labelled transcripts, with the controls beside each figure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

#: How wide the table is where no terminal says: all of it on one line a row.
_WIDTH = 140


@dataclass(frozen=True)
class Options:
    """``data``: files or folders, each a set. ``weights``: None for those shipped. ``trained``: also train, held out."""

    data: tuple[Path, ...]
    weights: Path | None = None
    trained: bool = True
    as_json: bool = False


def run(options: Options) -> int:
    """Print the figures. Raises :class:`~vigiles.model.errors.InputInvalid` and :class:`~vigiles.model.errors.NotFound`."""
    import msgspec

    from vigiles.cli.monitor.work import done, read_sets, read_weights_file, say
    from vigiles.evaluation.bench.bench import bench

    weights = None if options.weights is None else read_weights_file(options.weights)
    made = bench(read_sets(options.data), weights, options.trained, say)
    done()
    if options.as_json:
        click.echo(json.dumps(msgspec.to_builtins(made), indent=2))
        return 0
    from rich.console import Console

    from vigiles.evaluation.bench.show import table

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    console.print(table(made))
    console.print(f"Weights: {made.made_of}", markup=False, highlight=False)
    if made.unlabelled:
        console.print(
            f"{made.unlabelled} runs are ambiguous, have no label or hold no call, and do not count. "
            "A grid keeps calls where it is played with --keep-calls.",
            highlight=False,
        )
    return 0


@click.command("bench", help="Measure the monitors on labelled transcripts: each DATA, a file or a folder, is one set.")
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--weights", type=click.Path(path_type=Path), help="Measure these weights instead of those shipped.")
@click.option("--as-is", is_flag=True, help="Train nothing: only the weights as they are. Needs no training library.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def command(data: tuple[Path, ...], weights: Path | None, as_is: bool, as_json: bool) -> int:
    """Parse the command line."""
    return run(Options(data, weights, not as_is, as_json))
