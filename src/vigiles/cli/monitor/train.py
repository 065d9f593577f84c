"""``vigiles monitor train``: weights for the monitors from labelled transcripts, with thresholds from benign runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigiles.model.errors import InputInvalid

if TYPE_CHECKING:
    from vigiles.detectors.monitor.weights import Weights

#: Of the harmless runs so many in a hundred set the thresholds, where no others are named for it.
_KEPT = 4


@dataclass(frozen=True)
class Options:
    """``data``: what to learn from. ``out``: the file to write. ``calibrate``: sets whose harmless runs set the thresholds.

    ``start``: ``shipped`` or a file of weights, which are then taken further, or ``by-hand``: everything is learnt anew.

    ``version`` and ``made_of`` go into the file; ``held_out`` names behaviours that nothing is learnt from.
    """

    data: tuple[Path, ...]
    out: Path
    calibrate: tuple[Path, ...] = ()
    start: str = "shipped"
    held_out: tuple[str, ...] = ()
    version: str = "own"
    made_of: str = ""
    as_json: bool = False


def run(options: Options) -> int:
    """Write the weights. Raises :class:`InputInvalid` and :class:`~vigiles.model.errors.NotFound`."""
    import msgspec

    from vigiles.cli.monitor.work import done, read_sets, say
    from vigiles.detectors.monitor.weights import read_weights
    from vigiles.evaluation.bench.calibrate import calibrate
    from vigiles.evaluation.bench.fit import fit, folds, needed
    from vigiles.evaluation.bench.further import further
    from vigiles.evaluation.bench.rows import rows_of

    needed()
    sets = read_sets(options.data)
    rows = [row for one in sets for row in rows_of(one.runs) if row.run.behaviour not in options.held_out]
    if options.calibrate:
        named = read_sets(options.calibrate)
        benign = [row for one in named for row in rows_of(one.runs) if not row.harmful]
        said_of = f"harmless runs of {', '.join(one.name for one in named)}"
    else:
        kept = folds([row.cluster for row in rows], _KEPT)
        benign = [row for row, fold in zip(rows, kept, strict=True) if fold == 0 and not row.harmful]
        rows = [row for row, fold in zip(rows, kept, strict=True) if fold or row.harmful]
        said_of = f"a part of the harmless runs of {', '.join(one.name for one in sets)}, not trained on"
    began = _weights(options.start)
    say("training")
    weights = calibrate(fit(rows, said=say) if began is None else further(rows, began), benign, said_of)
    done()
    weights = msgspec.structs.replace(
        weights,
        version=options.version,
        made_of=options.made_of or _made_of(began, f"{len(rows)} runs of {', '.join(one.name for one in sets)}"),
        held_out=options.held_out,
        digest="",
    )
    data = msgspec.json.format(msgspec.json.encode(weights), indent=1) + b"\n"
    try:
        options.out.write_bytes(data)
    except OSError as error:
        raise InputInvalid(f"cannot write {options.out}: {error.strerror}", "Name another file.") from error
    told = read_weights(data)
    summary = {
        "file": str(options.out),
        "version": told.version,
        "digest": told.digest,
        "made_of": told.made_of,
        "held_out": list(told.held_out),
        "terms": len(told.text.terms),
        "calibrated_on": told.calibrated_on,
        "runs": told.runs,
        "levels": msgspec.to_builtins(told.levels),
    }
    if options.as_json:
        click.echo(json.dumps(summary, indent=2))
    else:
        click.echo(f"{options.out}: {len(data)} bytes, {told.digest}")
        click.echo(f"Learnt from {told.made_of}; {len(told.text.terms)} terms.")
        click.echo(f"Thresholds from {told.runs} runs: {told.calibrated_on}.")
        for level in told.levels:
            never = " (too few runs for such a promise: no alarm)" if level.above >= 1_000_000 else ""
            click.echo(f"  {level.part}, {level.false_alarms / 10_000:g} %: above {level.above}{never}")
    return 0


def _weights(start: str) -> Weights | None:
    """Return the weights to begin with; None to learn everything anew."""
    from vigiles.cli.monitor.work import read_weights_file
    from vigiles.detectors.monitor.weights import shipped

    if start == "by-hand":
        return None
    return shipped() if start == "shipped" else read_weights_file(Path(start))


def _made_of(began: Weights | None, told: str) -> str:
    return told if began is None else f"weights {began.version} ({began.made_of}), and {told}"


@click.command("train", help="Train the monitors on labelled transcripts, DATA files or folders, and write the weights.")
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file of weights to write.")
@click.option(
    "--calibrate", multiple=True, type=click.Path(path_type=Path), help="Set the thresholds on harmless runs of this."
)
@click.option(
    "--from",
    "start",
    default="shipped",
    show_default=True,
    metavar="shipped|by-hand|FILE",
    help="What to begin with: weights to take further, or rules alone, to learn everything else anew.",
)
@click.option("--leave-out", "held_out", multiple=True, help="A behaviour to learn nothing from.")
@click.option("--version", default="own", show_default=True, help="What the weights are called in every score.")
@click.option("--made-of", default="", help="What the file says it was trained on.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def command(
    data: tuple[Path, ...],
    out: Path,
    calibrate: tuple[Path, ...],
    start: str,
    held_out: tuple[str, ...],
    version: str,
    made_of: str,
    as_json: bool,
) -> int:
    """Parse the command line."""
    return run(Options(data, out, calibrate, start, held_out, version, made_of, as_json))
